"""What newcomers type first: each gets its exit code, its codes, and a next command that works when
it is typed.

The transcripts stand in first_mistakes/transcripts.txt, to be read; `python
tests/test_first_mistakes.py` writes what is said anew. Held are codes, exit codes and commands, not
wording.
"""

import io
import re
import shlex
import shutil
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest

from assay.cli.main import command
from assay.core.command_hints import Here, look, not_there
from helpers.nights import nightly_but

FILE = Path(__file__).parent / "first_mistakes" / "transcripts.txt"
NOT_TYPED = "  (not typed)"
# what `run` is typed with: every project has it, and it needs no model; to compare rows by their
# meaning takes an encoder
QUICK = ["--only", "majority", "--set", "split.paraphrase=null"]
WORDS = {
    "pay": "bill invoice price charge card money fee cost",
    "lend": "book loan shelf novel borrow return title author",
    "meet": "room chair table meeting group hour booking door",
}
PROJECT = """version: 2
name: tickets
data:
  files: {data: ../tickets.csv}
  columns: {text: text, label: label}
prepare: [{kind: dedupe}]
split: {leaks: repair}
compare:
  - {kind: majority}
  - {kind: tfidf}
"""
SHOTS = "  - {kind: shots, k: 2, name: shots}\n"
ALIASED = (
    PROJECT + "  - {kind: prompt}\n  - {kind: finetune, lr: 1.0e-4, num_epochs: 1, lora_alpha: 8}\n"
)


@dataclass(frozen=True)
class Transcript:
    title: str
    here: str
    typed: str
    exit: int
    codes: tuple[str, ...]
    next: str


def transcripts() -> list[Transcript]:
    found = []
    for block in FILE.read_text(encoding="utf-8").split("\n## ")[1:]:
        title, *lines = block.splitlines()
        fields = dict(
            (line[:8].strip(), line[8:].strip())
            for line in lines
            if line and not line.startswith("|")
        )
        found.append(
            Transcript(
                title,
                fields["here"],
                fields["$"],
                int(fields["exit"]),
                tuple(fields["codes"].split()),
                fields["next"],
            )
        )
    return found


ALL = transcripts()
TYPED = [one for one in ALL if one.next and not one.next.endswith(NOT_TYPED)]
# every third, but a command that is typed in one folder once
DAILY = list({(one.here, one.next): one for one in TYPED[::3]}.values())

# --- the folders ----------------------------------------------------------------------------------


def lines(n: int, start: int = 0, names: dict[str, str] | None = None) -> str:
    """Rows of three labels that are told apart by their words; no two are copies."""
    out = []
    for i in range(start, start + n):
        label = sorted(WORDS)[i % 3]
        words = WORDS[label].split()
        written = (names or {}).get(f"{label}{i % 2}", label)
        out.append(
            f"{words[i % 8]} {words[(i * 3 + 1) % 8]} about {words[(i * 5 + 2) % 8]} number"
            f" {i * 7919},{written}\n"
        )
    return "".join(out)


HEAD = "text,label\n"


def build(place: Path, here: str) -> Path:
    """The folder of that name; the one to stand in."""
    place.mkdir()
    if here == "empty":
        return place
    if here == "two":
        (place / "train.csv").write_text(HEAD + lines(90))
        (place / "test.csv").write_text(HEAD + lines(30, 1000))
        return place
    if here == "pair":
        asked, answered = zip(
            *(line.rsplit(",", 1) for line in lines(90).splitlines()), strict=True
        )
        (place / "mail.asked").write_text("\n".join(asked) + "\n")
        (place / "mail.said").write_text("\n".join(answered) + "\n")
        return place
    text = HEAD + lines(90, names={"pay0": "Pay"} if here == "cases" else None)
    data = text.encode()
    if here == "latin":  # one line of it is UTF-8, and most are not
        data = text.replace("room", "Müller", 1).encode() + text.replace("meet", "café").encode(
            "windows-1252"
        )
    (place / "tickets.csv").write_bytes(data)
    (place / "new.csv").write_text(
        "text\nthe bill is too high\nmay I borrow a book\n"
    ) if here == "ran" else None
    if here in ("tickets", "latin", "cases"):
        return place
    folder = place / "tickets"
    folder.mkdir()
    said = {
        "project": PROJECT + SHOTS,
        "aliased": ALIASED,
        "misspelt": PROJECT + "  - {kind: lorra}\n",
    }
    (folder / "project.yaml").write_text(said.get(here, PROJECT))
    with chdir(place):
        if here in ("ran", "inside"):
            assert said_by(["run", "tickets"])[0] in (0, 1)
        if here == "varied":
            arguments = ["run", "tickets", "--only", "tfidf-c1", "--set", "compare.1.c=1"]
            assert said_by(arguments)[0] in (0, 1)
    return folder / "report" if here == "inside" else place


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """name -> a fresh copy of that folder, made once."""
    made: dict[str, Path] = {}
    root = tmp_path_factory.mktemp("folders")

    def copy(name: str, to: Path) -> Path:
        if name not in made:
            made[name] = build(root / name, name)
        shutil.copytree(root / name, to)
        return to / made[name].relative_to(root / name)

    return copy


def said_by(arguments: list[str]) -> tuple[int, str]:
    """The exit code of a command, and all that it prints."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = command(arguments)
    return code, out.getvalue() + err.getvalue()


@pytest.fixture(autouse=True)
def _nobody_to_ask(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(""))


def ids(one: Transcript) -> str:
    return one.title.replace(" ", "-")


def heavy(one: Transcript) -> bool:
    """Whether a run, or an encoder for the rows, is at work: in processes that no limit of the test
    sees."""
    return one.here in ("ran", "inside", "varied", "cases")


def cases(some):
    return [
        pytest.param(one, id=ids(one), marks=[pytest.mark.slow] if heavy(one) else [])
        for one in some
    ]


# --- what is held ---------------------------------------------------------------------------------


def test_there_are_thirty_of_them():
    assert len(ALL) >= 30 and len({one.title for one in ALL}) == len(ALL)


@pytest.mark.parametrize("one", cases(ALL))
def test_what_is_said(one, folders, tmp_path, monkeypatch):
    monkeypatch.chdir(folders(one.here, tmp_path / "here"))
    code, text = said_by(shlex.split(one.typed)[1:])
    assert code == one.exit, text
    said = tuple(dict.fromkeys(re.findall(r"^(?:warning )?([CDRMT]\d{3}) ", text, re.MULTILINE)))
    assert set(one.codes) <= set(said), text
    wanted = one.next.removesuffix(NOT_TYPED)
    if wanted:
        assert re.search(rf"(?<![\w-]){re.escape(wanted)}(?![\w-])", text), text
    if code:
        assert re.search(r"\b(assay [a-z]|curl )", text), text  # every refusal has a command
        assert "Traceback" not in text and "bug in assay" not in text


@pytest.mark.slow
@pytest.mark.parametrize("one", nightly_but(DAILY, TYPED), ids=ids)
def test_the_next_command_works(one, folders, tmp_path, monkeypatch):
    monkeypatch.chdir(folders(one.here, tmp_path / "here"))
    said_by(shlex.split(one.typed)[1:])
    first, *words = shlex.split(one.next)
    assert first == "assay"
    if words[0] == "run" and "--only" not in words:
        words += QUICK
    code, text = said_by(words)
    # 1: the constant alone may not be recommended
    assert code == 0 or (words[0] == "run" and code == 1), text
    if words[0] != "explain":  # which prints the page of a code
        assert not re.search(r"^(?!C170)[CDRMT]\d{3} ", text, re.MULTILINE), text


# --- here -----------------------------------------------------------------------------------------


def test_what_assay_has_written_is_no_data(tmp_path):
    for name in (
        "tickets.csv",
        "exam.jsonl",
        "new.answers.jsonl",
        "package.json",
        "rows.jsonl.gz",
        ".hidden.csv",
    ):
        (tmp_path / name).write_text("x")
    assert [one.name for one in look(tmp_path).data] == ["rows.jsonl.gz", "tickets.csv"]


def test_a_project_above_is_found_where_nothing_is_here(tmp_path):
    (tmp_path / "project.yaml").write_text("x")
    inside = tmp_path / "report" / "past"
    inside.mkdir(parents=True)
    assert look(inside).projects == (tmp_path / "project.yaml",)
    assert look(tmp_path).projects == (tmp_path / "project.yaml",)


def test_a_folder_with_a_space_is_one_word(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("my rows.csv").write_text("x")
    assert look(Path()).commands()[0][0] == "assay run 'my rows.csv'"
    assert "assay run 'my rows.csv'" in not_there(Path("my row.csv")).help


def test_nothing_here():
    assert Here(Path(), (), ()).commands() == []


# --- writing the transcripts ----------------------------------------------------------------------


def written(root: Path) -> str:
    """The file with what is said below each block."""
    head, *blocks = FILE.read_text(encoding="utf-8").split("\n## ")
    out = [head]
    for number, (block, one) in enumerate(zip(blocks, ALL, strict=True)):
        kept = [line for line in block.splitlines() if not line.startswith("|") and line]
        with chdir(build(root / f"{number}", one.here)):
            _, text = said_by(shlex.split(one.typed)[1:])
        shown = [
            f"| {line}".rstrip()
            for line in text.replace(str(root / f"{number}"), "/home/you").splitlines()
        ]
        out.append("\n".join([*kept, *shown]) + "\n")
    return "\n## ".join(out)


if __name__ == "__main__":
    import tempfile

    sys.stdin = io.StringIO("")
    with tempfile.TemporaryDirectory() as place:
        FILE.write_text(written(Path(place)), encoding="utf-8")
