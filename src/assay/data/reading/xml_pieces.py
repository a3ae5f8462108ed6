"""XML elements whose children are the pieces of a text, one behind the other: `<by>Ann,</by>
<date>1927.</date> <title>...</title>`.

What it is for   references, addresses and menus whose every word has a name
Which elements   their children are texts alone, and stand in another order from element to
                 element; the fields of a record stand in one order
"""

from collections import Counter
from collections.abc import Sequence
from itertools import combinations
from typing import Any
from xml.etree.ElementTree import Element

LOOKED_AT = 200  # elements
LEAST = 10
WORDS = 8  # of a text
KINDS = 3  # names of children
_TOGETHER = 5  # elements that have two names
_MIXED = 0.05  # share of them in which the two stand the other way round
_OFTEN = 0.1  # share of such pairs of names


def are_pieces(elements: Sequence[Element]) -> bool:
    """Are these elements texts in pieces?"""
    some = [one for one in elements[:LOOKED_AT] if len(one)]
    kinds = {child.tag for one in some for child in one}
    plain = all(_is_plain(one) for one in some)
    if len(some) < max(LEAST, 0.9 * len(elements[:LOOKED_AT])) or len(kinds) < KINDS or not plain:
        return False
    order: Counter[tuple[str, str]] = Counter()
    for one in some:
        order.update(combinations(dict.fromkeys(child.tag for child in one), 2))
    pairs = {tuple(sorted(pair)) for pair in order}
    counts = [(order[a, b], order[b, a]) for a, b in pairs]
    counts = [pair for pair in counts if sum(pair) >= _TOGETHER]
    mixed = sum(min(pair) >= max(2, _MIXED * sum(pair)) for pair in counts)
    return bool(mixed) and mixed >= _OFTEN * len(counts)


def _is_plain(element: Element) -> bool:
    """No attributes, no text between its children, and in these nothing but text."""
    around = [element.text, *(child.tail for child in element)]
    return not any(map(str.strip, filter(None, around))) and all(
        not len(child) and not child.attrib for child in element
    )


def joined_pieces(element: Element) -> dict[str, Any]:
    """The whole text, and its pieces with their places."""
    text, spans = "", []
    for child in element:
        if said := " ".join((child.text or "").split()):
            text += " " * bool(text)
            kind = child.tag.rpartition("}")[2]
            spans.append({"start": len(text), "end": len(text) + len(said), "label": kind})
            text += said
    return {**element.attrib, "text": text, "entities": spans}


def marked_document(root: Element) -> dict[str, Any]:
    """The one text of a file, and its pieces, where elements beside it have their places:
    `<NAME start="12" end="15" text="Ann" TYPE="DOCTOR"/>`; {} for any other."""
    texts = [child for child in root if len((child.text or "").split()) >= WORDS]
    if len(texts) != 1 or len(texts[0]):
        return {}
    text, spans = texts[0].text or "", []
    for one in root.iter():
        start, end = (one.get(name, "") for name in ("start", "end"))
        words = one.get("text", "")
        if start.isdigit() and end.isdigit() and words:
            if text[int(start) : int(end)].split() != words.split():
                return {}
            kind = one.get("TYPE") or one.get("type") or one.tag.rpartition("}")[2]
            spans.append({"start": int(start), "end": int(end), "label": kind})
    return {"text": text, "entities": spans} if spans else {}


def bioc_passages(root: Element) -> list[dict[str, Any]]:
    """The passages of a BioC collection (bioc.sourceforge.net) with their pieces, whose places
    count from the start of the document; [] of any other file, and of one without annotations."""
    made, pieces = [], 0
    for document in root.iter("document") if root.tag == "collection" else ():
        for passage in document.iter("passage"):
            base = int(passage.findtext("offset") or 0)
            spans = [
                {"start": start - base, "end": start - base + length, "label": kind}
                for one in passage.iter("annotation")
                for start, length, kind in _located(one)
            ]
            text = passage.findtext("text") or ""
            made.append(
                {"text": text, "entities": spans, "document": document.findtext("id") or ""}
            )
            pieces += len(spans)
    return [one for one in made if one["text"].strip()] if pieces else []


def _located(annotation: Element) -> list[tuple[int, int, str]]:
    """(first character, length, type) of an annotation, from its first place to its last."""
    kinds = [one.text for one in annotation.iter("infon") if one.get("key") == "type"]
    places = [
        (int(one.get("offset", 0)), int(one.get("length", 0)))
        for one in annotation.iter("location")
    ]
    if not places:
        return []
    start = min(first for first, _ in places)
    return [(start, max(sum(one) for one in places) - start, (kinds or ["entity"])[0] or "entity")]
