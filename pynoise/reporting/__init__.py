"""Reports: one page, or pictures, of what came of sweeps and runs. Nothing here needs torch."""

from pynoise.reporting.result import Report, report

__all__ = ["Report", "report"]
