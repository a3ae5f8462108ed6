"""What a code or a word means: `assay explain D004`, `assay explain leak`.

What it is for   the page of a code; for any other word the strategy, step or metric of that name,
                 then the codes and the sections of the documents that speak of it, the nearest
                 first
Where from       pages of codes stand in the `codes*.md` beside the code that raises them; documents
                 in docs/, which an installed assay brings along
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from assay.core.errors import Problem, UsageError, nearest

_HEAD = re.compile(r"^## ([A-Z]\d{3}) (.+)$", re.MULTILINE)
_ENDED = re.compile(r"(?<=[.:])\s+")
_CODE = re.compile(r"[A-Za-z]\d{2,4}")
_FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_WORD = re.compile(r"^\| ([^|]+) \| ([^|]+) \| \[(\S+)\]\(\S+\) \|$", re.MULTILINE)
_SECTION = re.compile(r"^#{1,4} (.+)$", re.MULTILINE)
SHOWN = 6  # codes, and sections of documents
WIDTH = 100  # characters of a section that are shown
CARDS = ("strategies", "steps", "augmentations", "metrics", "kinds", "formats", "models")
# What people call it -> the word of the documents.
CALLED = {
    "leakage": "leak",
    "duplicate": "dedupe",
    "duplicates": "dedupe",
    "confidence interval": "interval",
    "ci": "interval",
    "cuda": "gpu",
    "oom": "memory",
    "learning rate": "learning_rate",
    "lr": "learning_rate",
    "finetune": "lora",
    "fine-tuning": "lora",
    "finetuning": "lora",
    "few-shot": "shots",
    "few_shot": "shots",
    "zero-shot": "shots",
    "prompt": "shots",
    "holdout": "held-out",
    "pvalue": "p-value",
    "baselines": "baseline",
    "floor": "baseline",
    "strategies": "strategy",
    "pareto": "pareto front",
    "graphics card": "gpu",
    "heldout": "held-out",
}


def pages() -> dict[str, str]:
    """Every page by code: its title line and its text."""
    found: dict[str, str] = {}
    for file in sorted(Path(__file__).parent.parent.rglob("codes*.md")):
        text = file.read_text(encoding="utf-8")
        heads = list(_HEAD.finditer(text))
        ends = [head.start() for head in heads[1:]] + [len(text)]
        for head, end in zip(heads, ends, strict=True):
            found[head[1]] = f"{head[1]} {head[2].strip()}\n\n{text[head.end() : end].strip()}\n"
    return found


def page(asked: str) -> str:
    """The page of a code; for a word, what is known of it.

    Raises:
        UsageError: C061, there is no such code, or nothing speaks of the word; the nearest is
            named.
    """
    known = pages()
    code = asked.strip().upper()
    if code in known:
        return known[code]
    if _CODE.fullmatch(code):
        near = nearest(code, known)
        hint = (
            f"assay explain {near}"
            if near
            else f"codes go from {min(known)} to {max(known)}: assay explain {min(known)}"
        )
        raise UsageError(Problem("C061", f"there is no code '{asked}'", help=hint))
    return "\n".join(about(asked, known)) + "\n"


def about(asked: str, known: dict[str, str]) -> list[str]:
    """What speaks of a word, as lines.

    Raises:
        UsageError: C061, nothing does.
    """
    words = " ".join(asked.lower().split())
    cards = [*_meaning(words), *_cards(words)]
    search = CALLED.get(words, words)
    cards = cards or [*_meaning(search), *_cards(search)]
    codes, sections = _codes(search, known), _sections(search)
    if not (cards or codes or sections):
        names = {name for _, name, _ in _every_card()} | {code for code in known}
        near = nearest(words, names)
        hint = f"assay explain {near}" if near else "assay list strategies"
        raise UsageError(Problem("C061", f"nothing speaks of '{asked}'", help=hint))
    lines = [*cards]
    if search != words and not search.startswith(words):
        lines.append(f"'{asked}' is called '{search}' here.")
    if codes:
        lines += ["", "codes (assay explain CODE):"] if lines else ["codes (assay explain CODE):"]
        lines += [f"  {known[code].partition(chr(10))[0]}" for code in codes]
    if sections:
        lines += ["", "documents:"] if lines else ["documents:"]
        for section in sections:
            lines += [f"  {section.place}", f"      {section.said}"]
    return lines


def _meaning(words: str) -> Iterator[str]:
    """The word's line of the glossary, and the page about it."""
    folder = documents()
    file = folder / "glossary.md"
    for match in _WORD.finditer(file.read_text(encoding="utf-8")) if file.is_file() else ():
        if match[1].lower() == words:
            yield f"{match[1]}: {match[2].replace('`', '')}"
            yield f"  {folder.name}/{match[3]}"


# --- cards ----------------------------------------------------------------------------------------


def _every_card() -> Iterator[tuple[str, str, str]]:
    """(list, name, what it is) of all that `assay list` has."""
    from assay.cli.look import has

    for what in CARDS:
        for row in has(what):
            name, *_ = row.values()
            yield what, f"{name}", f"{row.get('is') or row.get('source') or row.get('about') or ''}"


def _cards(words: str) -> Iterator[str]:
    for what, name, said in _every_card():
        if name.lower() in (words, words.replace(" ", "_"), words.replace("-", "_")):
            yield f"{name} ({what}): {said}"
            yield f"  settings and defaults: assay list {what}"
            if (card := documents() / "methods" / f"{name}.md").is_file():
                yield f"  {card.parent.parent.name}/methods/{card.name}"


# --- codes and documents --------------------------------------------------------------------------


def _codes(words: str, known: dict[str, str]) -> list[str]:
    """Codes whose page speaks of the word: those with it in the title first, then by how often."""
    counted = []
    for code, text in known.items():
        title, _, body = text.partition("\n")
        counts = _times(words, title), _times(words, body)
        if any(counts):
            counted.append((-counts[0], -counts[1], code))
    return [code for *_, code in sorted(counted)[:SHOWN]]


@dataclass(frozen=True)
class _Section:
    place: str  # docs/certainty.md: Groups
    said: str  # its first sentence that speaks of the word


def _sections(words: str) -> list[_Section]:
    """The sections of the documents that speak most of the word, those with it in the head
    first."""
    counted = []
    folder = documents()
    for file in sorted(folder.rglob("*.md")) if folder.is_dir() else ():
        for head, text in _parts(_FENCED.sub("", file.read_text(encoding="utf-8"))):
            counts = 2 * _times(words, head), _times(words, text)
            if sum(counts) > 1 and _sentence(words, text):
                place = f"{folder.name}/{file.relative_to(folder)}: {head}"
                counted.append((-counts[0], -counts[1], place, _sentence(words, text)))
    return [_Section(place, said) for *_, place, said in sorted(counted)[:SHOWN]]


def documents() -> Path:
    """The folder of the documents: of the clone, or in the installed package."""
    package = Path(__file__).parent.parent
    clone = package.parent.parent / "docs"
    return clone if clone.is_dir() else package / "docs"


def _parts(text: str) -> Iterator[tuple[str, str]]:
    heads = list(_SECTION.finditer(text))
    ends = [head.start() for head in heads[1:]] + [len(text)]
    for head, end in zip(heads, ends, strict=True):
        yield head[1].strip(), text[head.end() : end].strip()


def _times(words: str, text: str) -> int:
    """How often the word stands in the text, with an ending of two letters at most behind it: leak,
    leaks, leaked."""
    word = "[\\s_-]".join(map(re.escape, re.split(r"[\s_-]+", words)))
    return len(re.findall(rf"(?<![a-z]){word}[a-z]{{0,2}}(?![a-z])", text.lower()))


def _sentence(words: str, text: str) -> str:
    """The first sentence that speaks of the word, cut to a readable width."""
    prose = " ".join(line.strip() for line in text.splitlines() if line and line[0] not in "|`#")
    said = [re.sub(r"[*`]", "", one).lstrip("- ") for one in _ENDED.split(prose) if one]
    found = next((one for one in said if _times(words, one)), said[0] if said else "")
    return found if len(found) <= WIDTH else found[: WIDTH - 1] + "…"
