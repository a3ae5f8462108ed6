"""Words with their tags in columns, a line each, a blank line between sentences: CoNLL and its many
kin.

What it is for   two to ten columns, by tabs or blanks; `-DOCSTART-` lines count documents, `# ...`
                 lines are comments; also tables with a row a word and a column that numbers the
                 sentences
Which is which   the last column of BIO tags is the tags, else the last of few values; the words are
                 the column with most different values beside it. Other columns stay, as lists
Source           Tjong Kim Sang and De Meulder (2003), Introduction to the CoNLL-2003 Shared Task,
                 aclanthology.org/W03-0419
Watch out        a sentence with a line of another number of columns is left out and told (D209)
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from assay.data.reading.findings import Findings, excerpt, printable
from assay.data.reading.source import InputFile
from assay.data.reading.text_encoding import lines
from assay.tasks.columns import as_text

WORDS, TAGS, DOCUMENT = "tokens", "ner_tags", "document"
LOOKED_AT = 4000  # lines
_MARK = "-DOCSTART-"
_TAG = re.compile(r"O|[BIESLUM]-\S.*")
_COLUMNS = range(2, 11)
_FEW = 0.2  # share of different values of a column of tags that are not BIO
_SPACED = 200  # lines whose cells are to be single words
_GROUPS = 5  # documents from which on rows are split by document

Block = tuple[int, list[list[str]]]  # first line, cells of its lines


def looks_tagged(text: str) -> bool:
    """Whether a text that begins so has words and tags in columns."""
    numbered = list(enumerate(text.split("\n")[:LOOKED_AT], 1))
    if len(numbered) > 3 and len(text) >= 1 << 15:
        numbered.pop()  # cut off in the middle
    sentences = [cells for _, cells in _blocks(numbered) if cells[0][0] != _MARK]
    rows = [cells for block in sentences for cells in block]
    if len(sentences) < 2 or len(rows) < 6 or len(rows) < 1.5 * len(sentences):
        return False
    width, many = Counter(map(len, rows)).most_common(1)[0]
    if width not in _COLUMNS or many < 0.95 * len(rows):
        return False
    even = [cells for cells in rows if len(cells) == width]
    spaced = sum(any(" " in cell for cell in cells) for cells in even[:_SPACED])
    return spaced <= 0.02 * len(even[:_SPACED]) and columns_of_words(even) is not None


def columns_of_words(rows: Sequence[Sequence[str]]) -> tuple[int, int] | None:
    """(column of the words, column of the tags), or None where no column has tags."""
    values = list(zip(*rows, strict=True))
    bio = [at for at, column in enumerate(values) if _is_bio(column)]
    few = [
        at
        for at, column in enumerate(values)
        if 1 < len(set(column)) <= max(3, min(80, _FEW * len(column)))
        and not all(map(_number, column))
    ]
    if not bio and not few:
        return None
    tags = bio[-1] if bio else few[-1]
    free = [
        at
        for at, one in enumerate(values)
        if at != tags and not _is_bio(one) and not all(map(_number, one))
    ]
    if not free:
        return None
    words = max(free, key=lambda at: (len(set(values[at])), -at))
    return (words, tags) if len(set(values[words])) > len(set(values[tags])) else None


def _is_bio(column: Sequence[str]) -> bool:
    tags = sum(_TAG.fullmatch(value) is not None for value in column)
    return tags >= 0.99 * len(column) and any(value[1:2] == "-" for value in column)


def _number(value: str) -> bool:
    return value.replace(".", "").replace("-", "").isdigit()


def _blocks(numbered: Sequence[tuple[int, str]]) -> Iterator[Block]:
    """The sentences; a line of its own where documents begin."""
    tabs = sum("\t" in line for _, line in numbered) * 2 > sum(
        bool(line.strip()) for _, line in numbered
    )
    start, block = 0, []
    for number, line in numbered:
        text = line.rstrip("\r\n")
        cells = text.split("\t") if tabs else text.split()
        mark = cells[:1] == [_MARK]
        if (not text.strip() or mark) and block:
            yield start, block
            block = []
        if mark:
            yield number, [[_MARK]]
        elif text.strip() and not (text.startswith("#") and (len(cells) == 1 or cells[0] == "#")):
            start = start if block else number
            block.append([cell.strip() for cell in cells])
    if block:
        yield start, block


def read_tagged(
    source: InputFile, found: Findings, *, encoding: str | None, head: int | None
) -> list[tuple[int, dict[str, Any]]]:
    """A row a sentence: its words, its tags, and the other columns as lists; numbered by its first
    line."""
    blocks = list(_blocks(list(lines(source, found, encoding=encoding))))
    marks = sum(cells == [[_MARK]] for _, cells in blocks)
    every = [cells for _, block in blocks if block != [[_MARK]] for cells in block]
    width = Counter(map(len, every)).most_common(1)[0][0] if every else 0
    which = columns_of_words([cells for cells in every if len(cells) == width])
    if which is None:
        found.problem(
            "D099", "has columns of words, and none of tags", help="a text goes under documents"
        )
        return []
    names = {which[0]: WORDS, which[1]: TAGS}
    rows: list[tuple[int, dict[str, Any]]] = []
    document = 0
    for start, block in blocks:
        if block == [[_MARK]]:
            document += 1
            continue
        odd = next((at for at, cells in enumerate(block) if len(cells) != width), None)
        if odd is not None:
            told = f"{len(block[odd])} columns, the file has {width}; its sentence is left out"
            line = excerpt(" ".join(block[odd]))
            found.problem(
                "D209", told, start + odd, help="give each word all columns", excerpt=line
            )
            continue
        columns = {
            names.get(at, f"column{at + 1}"): list(one)
            for at, one in enumerate(zip(*block, strict=True))
        }
        rows.append((start, {**columns, **({DOCUMENT: str(document)} if marks else {})}))
    found.roles |= {"text": WORDS, "entities": TAGS}
    if marks >= _GROUPS:
        found.roles["group"] = DOCUMENT
    found.note(
        f"{found.place}: read as {width} columns of words: the words are column {which[0] + 1},"
        f" the tags {which[1] + 1}"
    )
    return rows[:head]


def join_sentences(
    rows: Sequence[tuple[int, dict[str, Any]]], found: Findings
) -> list[tuple[int, dict[str, Any]]]:
    """The rows of a table, or, where each is a word with its tag, a row a sentence."""
    fields = list(rows[0][1]) if rows else []
    numbering = next(
        (
            name
            for name in fields
            if re.match(r"(?i)sent(ence)?([ _-]?(#|id|no|number|idx))?\Z", name)
        ),
        "",
    )
    if not numbering or len(fields) < 3 or len(rows) < 6:
        return list(rows)
    others = [name for name in fields if name != numbering]
    cells = [[as_text(row.get(name)).strip() for name in others] for _, row in rows[:LOOKED_AT]]
    which = columns_of_words(cells)
    words = sum(" " not in one[which[0]] for one in cells) if which else 0
    if (
        which is None
        or not _is_bio([one[which[1]] for one in cells if one[which[1]]])
        or words < 0.98 * len(cells)
    ):
        return list(rows)
    names = {others[which[0]]: WORDS, others[which[1]]: TAGS}
    made: list[tuple[int, dict[str, Any]]] = []
    last = ""
    for number, row in rows:
        sentence = as_text(row.get(numbering)).strip() or last  # some number only the first word
        if sentence != last or not made:
            made.append(
                (number, {numbering: sentence, **{names.get(name, name): [] for name in others}})
            )
        last = sentence
        for name in others:
            made[-1][1][names.get(name, name)].append(as_text(row.get(name)).strip())
    found.roles |= {"text": WORDS, "entities": TAGS}
    shown = f"'{printable(numbering)}'"
    found.note(
        f"{found.place}: {len(rows):,} rows, each a word, joined by {shown} to {len(made):,}"
        " sentences"
    )
    return made
