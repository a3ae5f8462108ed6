"""Tables on narrow terminals: what matters least goes first, and what is left fits."""

import pytest

from assay.cli.results import LEAST, fit_to_width
from assay.core.plain_text import columns

HEADER = [
    "strategy",
    "accuracy",
    "95 %",
    "n",
    "to baseline",
    "adjusted p",
    "ms/answer",
    "ms p95",
    "tokens",
    "training s",
    "peak MB",
]
TABLE = [[*HEADER, "disk MB"], ["probe", "0.692", "0.635-0.744", "276", *["-0.072"] * 8]]


@pytest.mark.parametrize("width", [120, 100, 80, 60, 40])
def test_a_table_fits_the_terminal(width):
    shown = fit_to_width(TABLE, width)
    assert max(map(len, columns(shown))) <= width
    assert shown[0][:3] == ["strategy", "accuracy", "95 %"] and {len(row) for row in shown} == {
        len(shown[0])
    }
    gone = [name for name in LEAST if name in TABLE[0] and name not in shown[0]]
    assert gone == list(LEAST[: len(gone)])  # the least important ones, and no more than have to go
    if gone:
        kept = [at for at, name in enumerate(TABLE[0]) if name not in gone[:-1]]
        assert max(map(len, columns([[row[at] for at in kept] for row in TABLE]))) > width


def test_a_wide_terminal_has_all():
    assert fit_to_width(TABLE, 200) == TABLE
