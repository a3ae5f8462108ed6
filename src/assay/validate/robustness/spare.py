"""What a change may use beside the text: words that must stay, sentences of other rows, what an attacker asks for.

Watch out   nothing here comes from a test row but the row's own target; sentences are of training rows and documents
"""

from __future__ import annotations

import hashlib
import random
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from assay.curate.augment.adversarial import BLUFFS
from assay.nouns import Document, Example, Task
from assay.validate.robustness.settings import Robustness

LONGEST = 200  # characters of a sentence that is put beside a text
LINES = 2000  # sentences that are kept to draw from
_SENTENCE = re.compile(r"[A-Z][^.?!\n]{20,}\.(?=\s|$)")
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Spare:
    """For one row. Empty fields are things that there are not: a change that needs one does not apply."""

    keep: frozenset[str] = frozenset()  # words, in lower case, that stay as they are: those of a target in the text
    telling: frozenset[str] | None = None  # words that tell the row's label; None where targets are no labels
    whole: bool = False  # a question that may ask nothing without its end
    lines: Sequence[str] = ()  # sentences of other rows that leave the target what it is
    lure: str = ""  # the wrong answer that an attacker asks for
    jailbreaks: Sequence[str] = ()  # prompts that were read from a file
    translation: str = ""  # the row in another language
    rate: float = 0.1  # share of words or spaces that are hit
    cut: float = 0.2  # share of the words that are cut off
    long: int = 3000  # characters of a long text


def draw_for(seed: int, kind: str, id: str) -> random.Random:
    """Random numbers of one row and one kind of change: neither other rows nor other kinds move them."""
    return random.Random(hashlib.sha256(f"{seed}\t{kind}\t{id}".encode()).hexdigest())


def spares(
    task: Task,
    train: Sequence[Example],
    documents: Sequence[Document],
    settings: Robustness,
    *,
    long: int,
    seed: int,
    jailbreaks: Sequence[str] = (),
    translations: Mapping[str, str] | None = None,
) -> Callable[[Example], Spare]:
    """row -> its `Spare`.

    Args:
        train: rows with targets. documents: of the project.
        long: characters of a long text.
        translations: id of a row -> its text in another language.
    """
    closed = task.kind == "classify"
    lines = _lines(task, train, documents)
    telling = _telling(train) if closed else {}
    targets = sorted({row.target for row in train if row.target})
    told = translations or {}

    def spare(example: Example) -> Spare:
        draw = draw_for(seed, "spare", example.id)
        right = {example.target, *example.also}
        options = sorted(set(task.labels) - right) if closed else []
        options = options or [target for target in targets if target not in right] or list(BLUFFS)
        return Spare(
            keep=frozenset() if closed else _words(example.target or "", *example.also),
            telling=telling.get(example.target or "", frozenset()) if closed else None,
            whole=task.kind == "answer",
            lines=lines(example, draw),
            lure=draw.choice(options),
            jailbreaks=jailbreaks,
            translation=told.get(example.id, ""),
            rate=settings.rate,
            cut=settings.cut,
            long=long,
        )

    return spare


def _words(*texts: str) -> frozenset[str]:
    return frozenset(word.casefold() for text in texts for word in _WORD.findall(text))


def _telling(train: Sequence[Example]) -> dict[str, frozenset[str]]:
    """label -> words that stand in three of its rows or more, and speak for it: among the rows with the word the label
    is twice as frequent as among all rows, or half of the way from there to always."""
    rows: Counter[str] = Counter()
    of_word: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for example in train:
        label = example.target or ""
        rows[label] += 1
        for word in _words(example.messages[-1].content):
            of_word[word][label] += 1
    found: defaultdict[str, set[str]] = defaultdict(set)
    for word, counts in of_word.items():
        for label, n in counts.items():
            usual = rows[label] / rows.total()
            if n >= 3 and n / counts.total() >= min(2 * usual, (1 + usual) / 2):
                found[label].add(word)
    return {label: frozenset(words) for label, words in found.items()}


def _lines(
    task: Task, train: Sequence[Example], documents: Sequence[Document]
) -> Callable[[Example, random.Random], Sequence[str]]:
    """Sentences that leave the answer what it is: of a classifier, training rows of the same label; of a task that
    names pieces, rows that have none; of questions, statements from passages and documents that hold no word of the
    answer."""
    by_target: defaultdict[str, list[str]] = defaultdict(list)
    if task.kind != "answer":
        for row in train:
            said = row.messages[-1].content.strip()
            if said and "\n" not in said and len(said) <= LONGEST and len(by_target[row.target or ""]) < LINES:
                by_target[row.target or ""].append(said)
        target = "none" if task.kind == "extract" else None

        def of_rows(example: Example, draw: random.Random) -> Sequence[str]:
            there = by_target.get(target or example.target or "", [])
            return [line for line in draw.sample(there, min(3, len(there))) if line != example.messages[-1].content]

        return of_rows
    passages = [document for row in train for document in row.context]
    texts = [document.text for document in (*documents, *passages)]
    said = list(dict.fromkeys(s for text in texts for s in _SENTENCE.findall(text) if len(s) <= LONGEST))[:LINES]

    def of_texts(example: Example, draw: random.Random) -> Sequence[str]:
        words = _words(example.target or "", *example.also)
        return [line for line in draw.sample(said, min(20, len(said))) if not words & _words(line)][:3]

    return of_texts
