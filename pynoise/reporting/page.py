"""The page of a report: one file that needs no other, and no network."""

from __future__ import annotations

import base64
import functools
import hashlib
import json
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING, Any

from pynoise._packages import needed
from pynoise.reporting.content import content_of

if TYPE_CHECKING:
    from pynoise.reporting.result import Report

__all__ = ["page", "plotly_code"]

# The page's own scripts, in this order; they are one in the page.
_SCRIPTS = ("page", "filters", "looks", "panels", "curves", "courses", "tables", "start")


@functools.cache
def plotly_code() -> str:
    """Plotly's JavaScript, as its Python package has it.

    Raises
    ------
    InputValueError
        If that package is missing.
    """
    with needed("path", "plotly", "'pynoise-lab[report]'", what="a page (.html)"):
        from plotly import offline
    code: str = offline.get_plotlyjs()
    return code


def page(report: Report) -> str:
    """The page of a report, in HTML.

    Data stand in it as JSON, which its script puts in place as text: no name in them can become markup. The
    browser is told to run these scripts alone, by their digests, and to fetch nothing.
    """
    plotly, own = plotly_code(), "\n".join(_asset(f"{name}.js") for name in _SCRIPTS)
    return Template(_asset("page.html")).substitute(
        policy=f"default-src 'none'; script-src {_digest(plotly)} {_digest(own)}; "
        "style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; form-action 'none'",
        style=_asset("page.css"),
        data=_json(content_of(report)),
        plotly=plotly,
        script=own,
    )


def _asset(name: str) -> str:
    return files("pynoise.reporting").joinpath(name).read_text("utf-8")


def _json(content: dict[str, Any]) -> str:
    """JSON that ends no script element, whatever it holds."""
    return json.dumps(content, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")


def _digest(code: str) -> str:
    """A script's digest, as a content security policy has it."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()}'"
