"""The trials of a store as a table: CSV or Parquet."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from pynoise._files import check_output, write_whole
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
    with Store.open(store) as there:
        columns, rows = there.table()
    if not rows:
        raise InputValueError("store", f"{str(store)!r} holds no trial")
    if file.suffix.lower() == ".csv":
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
        write_whole(file, text.getvalue().encode(errors="backslashreplace"))
        return len(rows)
    with needed("path", "pyarrow", "'pynoise-lab[parquet]'", what=repr(str(path))):
        import pyarrow
        import pyarrow.parquet
    content = io.BytesIO()
    arrays = dict(zip(columns, map(list, zip(*rows, strict=True)), strict=True))
    pyarrow.parquet.write_table(pyarrow.table(arrays), content)
    write_whole(file, content.getvalue())
    return len(rows)
