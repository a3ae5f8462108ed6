"""Metrics over test rows: one, or one family, a file; each named in `judge.METRICS`.
docs/metrics.md describes them."""
