"""Metrics over test rows: one a file, each named in `judge.METRICS`."""
