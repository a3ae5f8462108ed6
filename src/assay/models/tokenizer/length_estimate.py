"""How long rows are, before any model is loaded: about 4 characters a token of English text."""

from collections.abc import Sequence

CHARACTERS_A_TOKEN = 4.0


def quantiles(lengths: Sequence[int]) -> dict[str, int]:
    """Least, median, 95th percentile and greatest of a list of lengths; all 0 for an empty list."""
    if not lengths:
        return {"min": 0, "median": 0, "p95": 0, "max": 0}
    ordered = sorted(lengths)
    at = lambda share: ordered[min(len(ordered) - 1, int(share * len(ordered)))]  # noqa: E731
    return {"min": ordered[0], "median": at(0.5), "p95": at(0.95), "max": ordered[-1]}
