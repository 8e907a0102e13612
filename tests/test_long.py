"""The table that a terminal shows: a line a number, ours beside the published."""

import pytest
from long_tables import HEADS, cells_of

from pynoise.paper.long import Entry, long_lines, text_lines
from pynoise.paper.parts import Part

PART = Part("cifar10", "resnet34", "symmetric", 0.6, "mixnn", {}, {}, 0.5)


def test_numbers_words_and_what_is_missing():
    entries = [
        Entry(["CE", 1], 0.8698, 0.0012, 0.9, 0.01, 0.0302, 3, 1.0),
        Entry(["NLNL", None], 0.9423, source="published"),
        Entry(["MixNN", 12], "around 0.4", ours=0.41, seeds=1, scale=0.25),
        Entry(["MixNN", 1], 0.5, ours=0.49999, difference=-0.00001, seeds=1000, scale=1.0),
    ]
    lines = long_lines(("method", "k"), entries, percent=True)
    head, *cells = cells_of("\n".join(lines))
    assert head == ["method", "k", *HEADS]
    assert cells == [
        ["CE", "1", "86.98 ± 0.12", "90.00 ± 1.00", "+3.02", "3", "1", "ours"],
        ["NLNL", "-", "94.23", "-", "-", "-", "-", "published"],
        ["MixNN", "12", "around 0.4", "41.00", "-", "1", "0.25", "ours"],
        ["MixNN", "1", "50.00", "50.00", "+0.00", "1,000", "1", "ours"],
    ]
    # What it is of stands to the left, numbers to the right.
    assert lines[3].startswith("MixNN   12  ")
    assert {len(line) for line in lines} == {len(lines[0])}
    assert [line[5] for line in cells_of("\n".join(long_lines(("a", "b"), entries[:1])))] == ["seeds", "3"]
    assert long_lines(("a", "b"), entries[:1])[1].split()[2:5] == ["0.8698", "±", "0.0012"]


@pytest.mark.parametrize(
    ("values", "published", "shown"),
    [
        ([0.4, 0.5], 0.4, ["0.4000", "0.4500 ± 0.0707", "+0.0500", "2"]),
        ([0.4], 0.5, ["0.5000", "0.4000", "-0.1000", "1"]),
        ([0.4], "around 0.4", ["around 0.4", "0.4000", "-", "1"]),
        ([0.4, None], 0.4, ["0.4000", "-", "-", "2"]),
        ([0.4], None, ["-", "0.4000", "-", "1"]),
    ],
)
def test_numbers_of_several_seeds(values, published, shown):
    entry = Entry.of_values(["x"], values, PART, published)
    (_, line) = cells_of("\n".join(long_lines(("of",), [entry])))
    assert line == ["x", *shown, "0.5", "ours"]


def test_a_figure_without_data_has_no_table():
    missing = Part("svhn", "mlp", None, 0.0, "odd", {}, {}, problem="data not found: here")
    assert text_lines([PART, missing], ("of",), []) == [
        "cifar10, resnet34: symmetric noise of level 0.6",
        "svhn, mlp: labels as they are given: data not found: here",
    ]
