"""Tables on narrow terminals: what matters least goes first, and what is left fits."""

from types import SimpleNamespace

import pytest

from assay.cli.results import LEAST, fit_to_width, next_step
from assay.core.plain_text import columns
from assay.core.types import Example, Message

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


@pytest.mark.parametrize("asked", ["Where's my parcel?", "My card 4111 1111 is lost", "x" * 500])
def test_what_to_ask_next_shows_no_row_of_the_user(tmp_path, monkeypatch, asked):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tickets").mkdir()
    records = [SimpleNamespace(question=Example("1", (Message("user", asked),)).question)]
    report = SimpleNamespace(
        data={"verdict": {"recommended": "lora", "state": "use"}},
        arms=[SimpleNamespace(name="lora", records=records)],
    )
    project = SimpleNamespace(target=tmp_path / "tickets")
    said = next_step(report, project)  # type: ignore[arg-type]
    assert said == ('assay ask tickets "Your question"' if len(asked) < 60 else "")
