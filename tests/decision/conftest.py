"""The sample report, for tests of its parts."""

from helpers.sample_report import made, report

__all__ = ["made", "report"]
