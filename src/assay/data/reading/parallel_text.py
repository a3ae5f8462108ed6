"""Files that belong together line by line: `train.src` and `train.tgt`, `news.en` and `news.de`,
`seq.in`, `seq.out`.

What it is for   line i of each is one row; the words by which the names differ are the fields
Which is which   known pairs of names say what is asked and what is answered; else the file that was
                 named is asked
Rows             beside a file of rows a file of lines adds a column: `valid.jsonl` and
                 `valid-labels.lst`
Watch out        only files with as many lines stand together; the project file then names them:
                 `train.src#with=train.tgt`
"""

import glob
import math
import re
from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path
from statistics import correlation, stdev
from typing import Any

from assay.core.errors import DataError, Problem
from assay.data.reading.compression import bare
from assay.data.reading.findings import Findings
from assay.data.reading.source import InputFile, open_input
from assay.data.reading.split_names import SPLIT_NAMES
from assay.data.reading.text_encoding import lines
from assay.tasks.tag_forms import is_marked, outside_tag, plain_tags

LOOKED_AT = 500  # lines
FEWEST = 20  # lines whose lengths show whether two files go together
EVEN = 0.1  # deviation of the logarithm of lengths: lines that are about as long all show nothing
ALONG = 0.25  # correlation of those of two files that go together, at least
LARGEST = 500 * 2**20  # bytes of a file whose lines are counted
ASKED = (
    "src source in input inputs question questions x nl text texts sentence sentences seq orig"
    " original complex"
)
ASKED += (
    " normal informal article articles document documents prompt prompts query queries intent"
    " intents invocation doc docs story stories context contexts news body"
)
ANSWERED = (
    "tgt target out output outputs answer answers y cmd cmds command commands code sql label"
    " labels tag tags simp"
)
ANSWERED += (
    " simple formal summary summaries completion completions ref reference response responses"
    " trg program key keys keyword keywords gold highlights abstract abstracts translation"
    " translations"
)
_ASKED, _ANSWERED = set(ASKED.split()), set(ANSWERED.split())
_LANGUAGE = re.compile(r"[a-z]{2,3}([_-][a-z]{2,4})?")
# Forms that hold rows, or no rows, by themselves.
_OTHERS = set(
    "csv tsv tab json jsonl ndjson parquet arrow xlsx xlsm xml yaml yml md py log html pdf docx"
    " zip tar".split()
)
# Forms with a row a line, beside which lines of labels may lie.
_ROWS = ("jsonl", "ndjson", "csv", "tsv", "tab")


def is_asked(words: Collection[str]) -> bool:
    """Is one of these words of a name what is asked?"""
    return not _ASKED.isdisjoint(words)


def is_answered(words: Collection[str]) -> bool:
    """Is one of these words of a name what is answered?"""
    return not _ANSWERED.isdisjoint(words)


def partners(path: Path) -> tuple[str, ...]:
    """Names of the files beside this one with its other columns; () where it stands alone. The
    first of them is what is answered where this is what is asked."""
    words = _words(path.name)
    if words[-1] in _ROWS:
        return _labels_of(path)
    if words[-1] in _OTHERS or len(words) < 3:
        return ()
    best: tuple[str, ...] = ()
    near = {}
    for other in sorted(path.parent.iterdir()):
        theirs = _words(other.name)
        apart = [
            at for at, pair in enumerate(zip(words, theirs, strict=False)) if pair[0] != pair[1]
        ]
        if (
            len(theirs) == len(words)
            and len(apart) == 1
            and _together(words[apart[0]], theirs[apart[0]], apart[0], words)
        ):
            near.setdefault(apart[0], []).append((theirs[apart[0]], other))
    for at in sorted(near, reverse=True):
        count = _lines(path)
        same = [
            (word, other)
            for word, other in near[at]
            if count
            and other.is_file()
            and _lines(other) == count
            and (_known(words[at], word) or _go_together(path, other))
        ]
        if same and not best:
            same.sort(key=lambda pair: (pair[0] not in _ANSWERED, pair[0]))
            best = tuple(other.name for _, other in same)
    return best


def _words(name: str) -> list[str]:
    """The words of a file's name, and what stands between them; a number at the end belongs to the
    word before it: `simp.0`."""
    words = re.split(r"([._-])", bare(name))
    if len(words) > 4 and words[-1].isdigit() and not words[-3].isdigit():
        words[-3:] = [words[-3] + words[-1]]
    return words


def _known(own: str, other: str) -> bool:
    return {base_of(own), base_of(other)} <= _ASKED | _ANSWERED


def base_of(word: str) -> str:
    """A word of a name without the number at its end: `ref0` is one of several of `ref`."""
    return word.rstrip("0123456789") or word


def _go_together(path: Path, other: Path) -> bool:
    """Do longer lines of one file stand beside longer lines of the other, as in translations? Of
    `reviews.pos` and `reviews.neg` they do not."""
    sizes = [[len(line) for line in _head(one)] for one in (path, other)]
    pairs = [pair for pair in zip(*sizes, strict=False) if all(pair)][:LOOKED_AT]
    ours, theirs = ([math.log(pair[at]) for pair in pairs] for at in (0, 1))
    if len(pairs) < FEWEST or min(stdev(ours), stdev(theirs)) < EVEN:
        return True
    return correlation(ours, theirs) >= ALONG


def _head(path: Path) -> list[str]:
    with open_input(path, path.name) as source:
        return source.file.read(1 << 18).decode("utf-8", "replace").splitlines()


def _labels_of(path: Path) -> tuple[str, ...]:
    """The file of lines that answers these rows: `valid-labels.lst` of `valid.jsonl`."""
    stem = path.name.partition(".")[0]
    for other in sorted(path.parent.glob(f"{glob.escape(stem)}[-_.]*")):
        word, _, form = bare(other.name)[len(stem) + 1 :].partition(".")
        known = word in _ANSWERED and form in ("", "lst", "txt")
        if (
            known
            and other.is_file()
            and (count := _lines(other))
            and _lines(path) in (count, count + 1)
        ):
            return (other.name,)
    return ()


def _together(own: str, other: str, at: int, words: Sequence[str]) -> bool:
    """May files whose names differ by these words be two columns?"""
    if {own, other} & (set(SPLIT_NAMES) | _OTHERS) or own.isdigit() or other.isdigit():
        return False
    known = _ASKED | _ANSWERED
    own, other = base_of(own), base_of(other)
    ends = at == len(words) - 1
    languages = _LANGUAGE.fullmatch(own) and _LANGUAGE.fullmatch(other)
    return (
        (own in known and other in known)
        or bool(ends and (languages or {own, other} & known))
        or (bool(languages) and len(own) == len(other) == 2)
    )


def _lines(path: Path) -> int:
    """How many lines a file has; 0 where it cannot be told."""
    try:
        if path.stat().st_size > LARGEST:
            return 0
        count, last = 0, b"\n"
        with open_input(path, path.name) as source:
            while data := source.file.read(1 << 20):
                count += data.count(b"\n")
                last = data[-1:]
        return count + (last != b"\n")
    except (OSError, DataError):
        return 0


def question_file_first(path: Path, beside: Sequence[str]) -> tuple[Path, tuple[str, ...]]:
    """The file that is asked, and the others."""
    every = [path.name, *beside]
    fields = names_of(every)
    first = next((at for at, word in enumerate(fields) if word in _ASKED), None)
    if first is None:
        first = next((at for at, word in enumerate(fields) if word not in _ANSWERED), 0)
    return path.parent / every[first], tuple(name for at, name in enumerate(every) if at != first)


def names_of(files: Sequence[str]) -> list[str]:
    """A field for each file: the word by which its name differs from the others'."""
    words = [_words(name)[::2] for name in files]
    for at in range(len(words[0])):
        column = [one[at] if at < len(one) else "" for one in words]
        if len(set(column)) == len(files) and all(column):
            return column
    return [bare(name) for name in files]


def read_parallel(
    first: InputFile,
    beside: Sequence[Path],
    found: Findings,
    *,
    encoding: str | None,
    head: int | None,
) -> list[tuple[int, dict[str, Any]]]:
    """The lines of several files as rows, numbered by line.

    Raises:
        DataError: D205 the files have not as many lines; as opening them may raise.
    """
    fields = names_of([first.path.name, *(path.name for path in beside)])
    columns = [[text.rstrip("\r\n") for _, text in lines(first, found, encoding=encoding)]]
    for path in beside:
        with open_input(path, path.name, encoding=encoding) as source:
            columns.append(
                [text.rstrip("\r\n") for _, text in lines(source, found, encoding=encoding)]
            )
    counts = {name: len(column) for name, column in zip(fields, columns, strict=True)}
    if len(set(counts.values())) > 1:
        told = ", ".join(f"'{name}' has {n:,}" for name, n in counts.items())
        text = f"files that belong together line by line differ in their number of lines: {told}"
        raise DataError(
            Problem("D205", text, found.place, "cut or mend the longer one, or name one file alone")
        )
    found.note(f"{found.place}: read line by line with {', '.join(path.name for path in beside)}")
    fields, columns = _gathered(fields, columns)
    tagged = _tag_columns(columns)
    plain = plain_tags(tag for line in columns[tagged[1]] for tag in line.split()) if tagged else {}
    found.roles |= _roles(fields, columns, tagged)
    rows = []
    for number, values in enumerate(zip(*columns, strict=True), 1):
        if any(isinstance(value, list) or value.strip() for value in values):
            split = [value.split() if at in tagged else value for at, value in enumerate(values)]
            if tagged:
                split[tagged[1]] = [plain[tag] for tag in split[tagged[1]]]
            rows.append((number, dict(zip(fields, split, strict=True))))
    return rows[:head]


def _gathered(fields: list[str], columns: list[Any]) -> tuple[list[str], list[Any]]:
    """The columns, several of one answer as one of lists: `ref0` to `ref3`."""
    groups: dict[str, list[int]] = {}
    for at, field in enumerate(fields):
        base = base_of(field)
        groups.setdefault(base if base in _ANSWERED else field, []).append(at)
    several = {base for base, some in groups.items() if len(some) > 1}
    made = [
        [
            list(dict.fromkeys(filter(None, line)))
            for line in zip(*(columns[at] for at in some), strict=True)
        ]
        if base in several
        else columns[some[0]]
        for base, some in groups.items()
    ]
    return [*groups] if several else fields, made if several else columns


def holds_rows(path: Path) -> bool:
    """Is it a file of rows, to which others add columns?"""
    return bare(path.name).rpartition(".")[2] in _ROWS


def with_columns(
    rows: list[tuple[int, dict[str, Any]]],
    beside: Sequence[Path],
    found: Findings,
    *,
    encoding: str | None,
) -> list[tuple[int, dict[str, Any]]]:
    """The rows, each with its line of the files beside them, under the last word of their names.

    Raises:
        DataError: D205 there are not as many lines as rows; as opening the files may raise.
    """
    for path in beside:
        with open_input(path, path.name, encoding=encoding) as source:
            column = [text.rstrip("\r\n") for _, text in lines(source, found, encoding=encoding)]
        if len(column) != len(rows):
            told = f"has {len(rows):,} rows, and {path.name} has {len(column):,} lines"
            raise DataError(
                Problem(
                    "D205", told, found.place, "cut or mend the longer one, or name one file alone"
                )
            )
        name = re.split(r"[._-]", path.name.partition(".")[0])[-1]
        name = name[:-1] if name[:-1] in _ANSWERED else name  # each line has one
        rows = [
            (number, {**row, name: value})
            for (number, row), value in zip(rows, column, strict=True)
        ]
        found.note(f"{found.place}: read line by line with {path.name}, as '{name}'")
    return rows


def _tag_columns(columns: Sequence[Sequence[str]]) -> tuple[int, ...]:
    """(words, tags): the columns that are words and as many tags on each line; () where there are
    none."""
    if any(isinstance(line, list) for column in columns for line in column[:1]):
        return ()
    words = [[line.split() for line in column] for column in columns]
    for at, column in enumerate(words):
        tags = [tag for line in column for tag in line]
        counts = Counter(tags)
        plain = len(counts) > 1 and (outside_tag(counts) or "") in counts
        if (at and (plain or is_marked(tags))) and all(
            len(a) == len(b) for a, b in zip(words[0], column, strict=True)
        ):
            return (0, at)
    return ()


def _roles(
    fields: Sequence[str], columns: Sequence[Sequence[str]], tagged: tuple[int, ...]
) -> dict[str, str]:
    if tagged:
        return {"text": fields[tagged[0]], "entities": fields[tagged[1]]}
    answers = [line[0] if isinstance(line, list) else line for line in columns[1]]
    few = len(set(answers)) <= max(2, len(answers) // 3) and max(map(len, answers)) <= 60
    if answers != columns[1]:
        return {"text": fields[0], "answer": fields[1]}
    return (
        {"text": fields[0], "label": fields[1]}
        if few
        else {"question": fields[0], "answer": fields[1]}
    )
