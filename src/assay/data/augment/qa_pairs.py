"""Question-answer pairs from the project's documents, written by the project's model and checked by
asking it again.

Source      Alberti, Andor, Pitler, Devlin, Collins (2019), Synthetic QA corpora generation with
            roundtrip consistency, aclanthology.org/P19-1620: choose an answer, write a question for
            it, keep the pair if the question, asked with the passage, gives the answer back
How         answers are chosen by rules, not by a model: numbers with their unit, dates, names,
            words in quotes. Each is asked about in its own sentence; a small model asks about what
            it is shown
Filters     the answer stands in the passage; the question ends in `?`, has 4 to 25 words, shares a
            word with the passage, does not hold the answer, and is new; asked again, the model
            gives the answer
Watch out   only documents that no val or test row was made from are used (D085). A base of 135
            million parameters yields few pairs, and of simple kinds: docs/augment.md has the yield.
            Look at them before you train on them
Defaults    one pair a passage, 200 passages; agreement 0.8: token F1, so that `12 days` and `within
            12 days` agree
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import ClassVar, Literal, NamedTuple

from pydantic import Field

from assay.core.types import Augmentation, Document, Example, Made, Means, Message, Messages
from assay.data.augment.selection import choose_rows
from assay.data.text_similarity import normal

SHORTEST, LONGEST = 80, 900  # characters of a passage
WORDS = (4, 25)  # of a question
MOST_WORDS = 6  # of an answer
STEM = 4  # letters by which a word of the reply is known to be one of the question: cost, costs
QUESTION_TOKENS, ANSWER_TOKENS = 40, 24

ASK = "Write one short question about the text. The answer to the question must be the words given."
ANSWER = "Answer the question with a few words copied from the text."
# What a question looks like, shown as turns: small models follow examples better than instructions.
SHOWN = (
    (
        "The ferry to the island leaves every 40 minutes from the north pier.",
        "40 minutes",
        "How often does the ferry to the island leave?",
    ),
    ("Lost keys are kept by Mrs Aldous in the cellar.", "Mrs Aldous", "Who keeps lost keys?"),
    (
        "A day ticket for the tram costs 7.20 euros.",
        "7.20 euros",
        "How much does a day ticket for the tram cost?",
    ),
    (
        "The mill was sold to the town in 1921 and is a theatre now.",
        "1921",
        "In which year was the mill sold to the town?",
    ),
    (
        "Dogs may swim in the lake at the Old Boathouse.",
        "Old Boathouse",
        "Where may dogs swim in the lake?",
    ),
)

_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9\"“])")
_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_UNITS = (
    "seconds|minutes|hours"
    "|days|weeks|months|years|times|percent|euros|dollars|pounds|people|pages|metres|kilometres"
)
_CANDIDATES = (
    rf"\b\d{{1,2}} (?:{_MONTHS})(?: \d{{4}})?\b",
    rf"\b(?:{_MONTHS}) \d{{1,2}}(?:, \d{{4}})?\b",
    r"\b\d[\d,.:]*(?:%| ?percent\b| [a-z]{3,}s\b|\b)",
    r"\b(?:two|three|four|five|six|seven|eight|nine|ten|twelve|twenty|thirty|fifty)"
    rf" (?:{_UNITS})\b",
    r"(?<=[a-z,;] )(?:[A-Z][\w'-]+)(?: (?:of |the )?[A-Z][\w'-]+){0,3}",
    r"(?<=[\"“`])[^\"“”`\n]{2,40}(?=[\"”`])",
)
# also the beginning of `answer`
_SMALL = frozenset("a an the is are was were it in on at by of for to answ".split())
_FOUND = re.compile("|".join(f"(?:{pattern})" for pattern in _CANDIDATES))


class AnswerPassage(NamedTuple):
    document: Document
    number: int  # of the passage in its document, from 1
    text: str
    sentence: str
    answer: str


class QaPairs(Augmentation):
    kind: Literal["qa_pairs"] = "qa_pairs"
    needs: ClassVar[tuple[str, ...]] = ("generate", "documents")
    tasks: ClassVar[tuple[str, ...]] = ("answer",)
    # Passages that are asked about, drawn from all with the seed.
    passages: int = Field(default=200, ge=1)
    # Questions tried for one passage, each about another answer.
    per_passage: int = Field(default=1, ge=1, le=10)
    # Token F1 of the answer that the model gives when it is asked again, from which the pair is
    # kept.
    agreement: float = Field(default=0.8, gt=0, le=1)

    def make(self, examples: Sequence[Example], means: Means) -> Iterator[Made]:
        assert means.generate is not None, "handed in where it is wanted"
        tried = self._draw_passages(means)
        questions = [
            _line(text) for text in means.generate([_asking(one) for one in tried], QUESTION_TOKENS)
        ]
        known = {normal(example.messages[-1].content) for example in examples}
        pairs = []
        for one, question in zip(tried, questions, strict=True):
            if refusal(question, one) == "" and normal(question) not in known:
                known.add(normal(question))
                pairs.append((one, question))
        answers = means.generate(
            [_answering(one.text, question) for one, question in pairs], ANSWER_TOKENS
        )
        # Rows like the project's own: with the passage where they have one, alone where the
        # documents are searched.
        with_passage = any(example.context for example in examples)
        for (one, question), answer in zip(pairs, answers, strict=True):
            if agreement(_line(answer), one.answer, question) >= self.agreement:
                yield _make_row(one, question, self.kind, with_passage)

    def _draw_passages(self, means: Means) -> list[AnswerPassage]:
        found = [
            one for document in means.documents for one in passages_of(document, self.per_passage)
        ]
        # Drawn as rows are, by seed and text: a passage stands for an example with its text.
        rows = [
            Example(str(at), (Message("user", one.text),), one.answer)
            for at, one in enumerate(found)
        ]
        share = min(1.0, self.passages * self.per_passage / max(1, len(rows)))
        return [found[int(row.id)] for row in choose_rows(rows, share, self.kind, means.seed)]


def passages_of(document: Document, answers: int) -> list[AnswerPassage]:
    """Paragraphs of a document that hold something to ask about, with up to `answers` things
    each."""
    out = []
    number = 0
    for block in re.split(r"\n\s*\n", document.text):
        text = " ".join(line for line in block.split("\n") if not line.lstrip().startswith("#"))
        text = " ".join(text.split())
        if not SHORTEST <= len(text) <= LONGEST:
            continue
        number += 1
        for sentence, answer in candidates(text)[:answers]:
            out.append(AnswerPassage(document, number, text, sentence, answer))
    return out


def candidates(text: str) -> list[tuple[str, str]]:
    """(sentence, answer): what the text can be asked about, each once in the whole text, one a
    sentence first."""
    found, rest = [], []
    for sentence in _SENTENCE.split(text):
        here = [match[0].strip(" .,;:") for match in _FOUND.finditer(sentence)]
        here = [
            a
            for a in dict.fromkeys(here)
            if a and len(a.split()) <= MOST_WORDS and text.count(a) == 1
        ]
        found += [(sentence, answer) for answer in here[:1]]
        rest += [(sentence, answer) for answer in here[1:]]
    return found + rest


def refusal(question: str, one: AnswerPassage) -> str:
    """Why a question may not be asked; empty when it may."""
    low, high = WORDS
    if not question.endswith("?"):
        return "no question"
    if not low <= len(question.split()) <= high:
        return "too short or too long"
    if normal(one.answer) in normal(question):
        return "gives its answer away"
    shared = {w for w in normal(question).split() if len(w) > 3} & set(normal(one.text).split())
    return "" if shared else "not about the passage"


def agreement(reply: str, answer: str, question: str) -> float:
    """Token F1 of the answer and what the reply's first sentence adds to the question, in normal
    form, in [0, 1]. A model says "The ferry leaves every 40 minutes": what is not the question's
    own is the answer.

    Source: F1 as in Rajpurkar, Zhang, Lopyrev, Liang (2016), SQuAD, aclanthology.org/D16-1264
    """
    wanted = normal(answer).split()
    asked = {word[:STEM] for word in normal(question).split()} | _SMALL
    first = _SENTENCE.split(reply.strip())[0]
    said = [word for word in normal(first).split() if word in wanted or word[:STEM] not in asked]
    shared = sum((Counter(said) & Counter(wanted)).values())
    return 2 * shared / (len(said) + len(wanted)) if shared else 0.0


def _asking(one: AnswerPassage) -> Messages:
    turns = [Message("system", ASK)]
    for text, answer, question in SHOWN:
        turns += [
            Message("user", f"Text: {text}\nAnswer: {answer}"),
            Message("assistant", question),
        ]
    return (*turns, Message("user", f"Text: {one.sentence}\nAnswer: {one.answer}"))


def _answering(text: str, question: str) -> Messages:
    turns = [Message("system", ANSWER)]
    for shown, answer, asked in SHOWN:
        turns += [
            Message("user", f"Text: {shown}\nQuestion: {asked}"),
            Message("assistant", answer),
        ]
    return (*turns, Message("user", f"Text: {text}\nQuestion: {question}"))


def _line(text: str) -> str:
    """The first line that says something, without the word that models begin it with."""
    line = next((line.strip() for line in text.split("\n") if line.strip()), "")
    return (
        re.sub(r"^(?:question|answer|q|a)\s*:\s*", "", line, flags=re.IGNORECASE)
        .strip()
        .strip('"“”')
    )


def _make_row(one: AnswerPassage, question: str, kind: str, with_passage: bool) -> Made:
    document = one.document
    place = f"{document.id}#{one.number}"
    context = (Document(place, one.text, document.source, document.date),) if with_passage else ()
    example = Example(
        id=f"{place}~{kind}-{normal(one.answer).replace(' ', '-')}",
        messages=(Message("user", question),),
        target=one.answer,
        context=context,
        group=document.id,
        source=f"{document.source or document.id} ({kind})",
    )
    return Made(example, (document.id,), "question about a document")
