"""The fields of an XML element: attributes and children by name.

What it is for   rows of `xml_rows`
Fields           a child with children is an object, one that comes again a list, and so is one with
                 a plural's name around its singulars; paragraphs are one text, words with
                 attributes `tokens`; what stands deep inside is called by its path
"""

from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element

from assay.tasks.entities import TYPE

PARAGRAPHS = {"p", "para", "paragraph", "line", "l"}
PLURALS = {"option": "options", "choice": "choices", "alternative": "options"}
_KEYED = {"infon", "field", "property", "feature", "prop", "feat"}  # `<infon key="type">`
_INLINE = {"a", "b", "i", "u", "em", "strong", "br", "span", "sup", "sub", "q"}
_TAGS = {"ner", "ne", "tag", "iob", "bio", "entity", "label"}


def fields_of(element: Element) -> dict[str, Any]:
    """The fields of an element; of a text with marks in it the text and its `entities`."""
    fields: dict[str, Any] = dict(element.attrib)
    children: dict[str, list[Any]] = {}
    own = " ".join("".join([element.text or "", *(child.tail or "" for child in element)]).split())
    if own and len(element):
        return {**fields, **_inline_spans(element)}
    if paragraphs := _paragraphs(element):
        return {**fields, "text" if "text" not in fields else "text_2": paragraphs}
    for child in element:
        plain = not len(child) and not child.attrib
        if name_of(child.tag) in _KEYED and len(child.attrib) == 1 and not len(child):
            children.setdefault(next(iter(child.attrib.values())), []).append(_text(child))
            continue
        value = (child.text or "").strip() if plain else _inner_list(child) or fields_of(child)
        children.setdefault(name_of(child.tag), []).append(value)
    for name, values in children.items():
        if len(values) > 1:
            name = "tokens" if _are_tokens(values) else PLURALS.get(name, name)
        fields[name if name not in fields else f"{name}_2"] = (
            values[0] if len(values) == 1 else values
        )
    if own:
        fields["text" if "text" not in fields else "text_2"] = own
    return fields


def _inner_list(element: Element) -> list[Any]:
    """What an element holds whose name is the plural of its children's: <terms><term/></terms>, one
    or many."""
    names = {name_of(child.tag) for child in element}
    if (
        element.attrib
        or len(names) != 1
        or not name_of(element.tag).startswith((only := names.pop()).rstrip("y"))
    ):
        return []
    return [fields_of(child) for child in element] if name_of(element.tag) != only else []


def _inline_spans(element: Element) -> dict[str, Any]:
    """A text with marked pieces in it: the whole text, and the pieces with their places."""
    text, spans = (element.text or "").lstrip(), []
    for child in element:
        said = "".join(child.itertext())
        kind = next(
            (value for name, value in child.attrib.items() if name.casefold() in TYPE),
            name_of(child.tag),
        )
        spans.append({"start": len(text), "end": len(text) + len(said), "label": kind})
        text += said + (child.tail or "")
    return {
        "text": text.rstrip(),
        "entities": [span for span in spans if span["end"] > span["start"]],
    }


def _text(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def _paragraphs(element: Element) -> str:
    """The text of an element that has paragraphs alone, without marks in them but of print."""
    plain = all(
        name_of(child.tag).casefold() in PARAGRAPHS
        and not child.attrib
        and all(name_of(one.tag).casefold() in _INLINE for one in child.iter() if one is not child)
        for child in element
    )
    return "\n".join(filter(None, map(_text, element))) if plain and len(element) else ""


def _are_tokens(values: list[Any]) -> bool:
    """Are these single words, each with its tag?"""
    return all(
        isinstance(one, Mapping)
        and isinstance(one.get("text"), str)
        and " " not in one["text"]
        and any(name.casefold() in _TAGS for name in one)
        for one in values
    )


def flat(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields whose objects have no objects in them: these are called by their path; a `value` by
    the name of what it is the value of."""
    made: dict[str, Any] = {}
    for name, value in fields.items():
        deep = isinstance(value, Mapping) and any(
            isinstance(one, Mapping) for one in value.values()
        )
        valued = isinstance(value, Mapping) and "value" in value and "text" not in value
        if not deep and not valued:
            made[name] = value
            continue
        for inner, one in flat(value).items():
            path = name if inner == "value" else f"{name}.{inner.removesuffix('.value')}"
            if path not in made:
                made[path] = one
    return made


def name_of(tag: str) -> str:
    """Without its name space."""
    return tag.rpartition("}")[2]
