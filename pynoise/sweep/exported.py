"""The trials of a store as a table: CSV or Parquet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from pynoise._files import check_output, write_whole, writing_whole
from pynoise._packages import needed
from pynoise.errors import InputValueError
from pynoise.sweep.store import Store

__all__ = ["TABLE_SUFFIXES", "export"]

TABLE_SUFFIXES = (".csv", ".parquet")


def export(store: str | Path, path: str | Path) -> int:
    """Write a table with a row a trial.

    Parameters
    ----------
    store : str or Path
        The store; it may be of a sweep that is running.
    path : str or Path
        A .csv or .parquet file. The columns are the keys of `Store.rows`; what a trial has not is empty.

    Returns
    -------
    int
        The number of rows.

    Raises
    ------
    InputValueError, InputTypeError, InputFileNotFoundError
        If there is no such store, it holds no trial, or the path is no place for a file.
    OSError
        If the system refuses.
    """
    file = check_output("path", path, TABLE_SUFFIXES)
    if file.exists() and Path(store).exists() and file.samefile(store):
        raise InputValueError("path", f"{str(path)!r} is the store; name another file")
    with Store.open(store) as there:
        columns, rows = there.table()
        count = sum(there.counts().values())
    if not count:
        raise InputValueError("store", f"{str(store)!r} holds no trial")
    _WRITERS[file.suffix.lower()](file, columns, rows)
    return count


def _write_csv(file: Path, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    text = io.StringIO()  # a file of text would be written row by row
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    write_whole(file, text.getvalue().encode(errors="backslashreplace"))


def _write_parquet(file: Path, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    with needed("path", "pyarrow", "'pynoise-lab[parquet]'", what=repr(str(file))):
        import pyarrow
        import pyarrow.parquet
    arrays = dict(zip(columns, map(list, zip(*rows, strict=True)), strict=True))
    arrays["seed"] = pyarrow.array(arrays["seed"], pyarrow.uint64())  # they go up to 2^64 - 1
    with writing_whole(file) as content:
        pyarrow.parquet.write_table(pyarrow.table(arrays), content)


_WRITERS = {".csv": _write_csv, ".parquet": _write_parquet}
