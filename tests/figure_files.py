"""The files of a paper's figure, and what its picture shows."""

import csv
import json

PNG = b"\x89PNG\r\n\x1a\n"
FILES = ["figure.png", "table.csv", "table.json"]


def check_files(figure, folder):
    """They say what the figure says."""
    assert (folder / "figure.png").read_bytes().startswith(PNG)
    kept = json.loads((folder / "table.json").read_text())
    assert (kept["rows"], kept["meta"]) == (figure.rows, figure.meta)
    with (folder / "table.csv").open() as file:
        lines = list(csv.DictReader(file))
    assert lines == [
        {key: "" if value is None else str(value) for key, value in row.items()} for row in figure.rows
    ]
    assert all(set(row) == set(figure.columns) for row in figure.rows)
    assert all(line == line.rstrip() for line in figure.text().splitlines())


def titles(figure):
    return [axes.get_title() for axes in figure.axes if axes.get_title()]
