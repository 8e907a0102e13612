"""The table that a terminal shows of a figure or table of a paper."""

import re

HEADS = ["published", "ours", "difference", "seeds", "scale", "source"]


def cells_of(text):
    """The lines of the table, the heads first; every cell is there, so that columns can be told apart."""
    lines = [re.split(r"  +", line) for line in text.splitlines()]
    (first,) = [i for i, line in enumerate(lines) if line[-6:] == HEADS]
    end = lines.index([""], first) if [""] in lines[first:] else len(lines)
    table = lines[first:end]
    assert {len(line) for line in table} == {len(table[0])}
    return table
