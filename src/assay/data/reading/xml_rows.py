"""Read XML: the elements that come again and again are the rows, their attributes and children the
fields.

What it is for   `<row Id="1" Title="..."/>`, `<item><text>...</text><label>...</label></item>`,
                 under any names
Which elements   the outermost that have neighbours of the same name, and two fields or more; of
                 those the most frequent
Fields           attributes and children by name; a child with children is an object, one that comes
                 again a list, and so is one with a plural's name around its singulars; what an
                 element says by itself is `text`
Watch out        entities that a document type declares may expand without end: such a file is
                 refused. Rows are numbered by their place
"""

import re
from collections import Counter
from typing import Any, NoReturn
from xml.etree.ElementTree import Element, ParseError, XMLParser

from assay.core.errors import DataError, Problem
from assay.data.reading.findings import Findings, printable
from assay.data.reading.source import InputFile, wide
from assay.data.reading.translation_units import translations
from assay.data.reading.xml_pieces import are_pieces, joined_pieces
from assay.tasks.entities import TYPE

LARGEST = 64 * 2**20  # bytes: an element takes many times what its text does
DEEPEST = 64
_STATED = re.compile(rb"""\A\s*<\?xml[^>]*?encoding=["']([A-Za-z0-9._-]+)["']""")


def looks_like_xml(text: str) -> bool:
    """Whether a text that begins so is XML, and no web page."""
    start = text.lstrip("\ufeff \t\r\n")[:400].lower()
    return bool(
        re.match(r"<\?xml|<!doctype (?!html)|<[a-z][\w:.-]*(\s[^<>]*)?/?>", start)
    ) and not re.match(r"<(!doctype )?html", start)


def read_xml(
    source: InputFile, found: Findings, *, encoding: str | None, head: int | None
) -> list[tuple[int, dict]]:
    """The rows, numbered from 1.

    Raises:
        DataError: D210 a document type, or no XML; D017 over 64 MB.
    """
    data = source.file.read(LARGEST + 1)
    if len(data) > LARGEST:
        _stop(
            "D017",
            f"is over {LARGEST >> 20} MB of XML",
            source.place,
            "write its rows as JSON lines",
        )
    root = _tree(data, encoding, source.place)
    if pairs := translations(root, found):
        return list(enumerate(pairs, 1))[:head]
    path, rows = _find_rows(root)
    if not rows:
        found.problem(
            "D005",
            "has no elements that come again",
            help="rows are elements of one name side by side",
        )
        return []
    found.note(
        f"{found.place}: read as XML; each of the {len(rows):,} elements"
        f" '{printable('/'.join(path))}' is a row"
    )
    fields = joined_pieces if are_pieces(rows) else _fields
    made = [(at, fields(row)) for at, row in enumerate(rows, 1)]
    # a text without marks has no pieces
    if any(type(fields.get("entities")) is list for _, fields in made):
        made = [(at, {**fields, "entities": fields.get("entities", [])}) for at, fields in made]
    _beside(root, path, found)
    return made[:head]


def _tree(data: bytes, encoding: str | None, place: str) -> Element:
    data = re.sub(rb"(?i)<!DOCTYPE[^\[>]*>", b"", data, count=1)  # one that declares nothing
    if re.search(rb"(?i)<!(DOCTYPE|ENTITY)", data):
        _stop(
            "D210",
            "declares entities, which could expand without end",
            place,
            "remove the <!DOCTYPE ...> part",
        )
    stated = _STATED.match(data)
    codec = encoding or (stated[1].decode() if stated else "") or wide(data) or "utf-8"
    try:
        text = data.decode(codec).removeprefix("\ufeff")
    except (UnicodeError, LookupError) as error:
        _stop("D008", f"is not {codec}: {error}", place, "set data.encoding to the file's own")
    text = re.sub(r"\A\s*<\?xml[^>]*\?>", "", text)
    try:
        return _parse_xml(text)
    except ParseError as error:
        # Several elements without one around them, or a plain & in a text, are common; anything
        # else is damage.
        mended = re.sub(r"&(?!#?\w{1,32};)", "&amp;", text)
        try:
            return _parse_xml(f"<rows>{mended}</rows>")
        except ParseError:
            line, column = error.position
            told = f"is no XML: line {line:,}, column {column:,}: {str(error).partition(':')[0]}"
            _stop(
                "D210",
                told,
                f"{place}:{line}",
                "write it again, with &amp; and &lt; for & and < in texts",
            )


def _parse_xml(text: str) -> Element:
    parser = XMLParser()
    parser.feed(text)
    return parser.close()


def _find_rows(root: Element) -> tuple[tuple[str, ...], list[Element]]:
    """(names from the root, elements) of the outermost elements that come again."""
    level: list[tuple[tuple[str, ...], Element]] = [((root.tag,), root)]
    for _ in range(DEEPEST):
        below: list[tuple[tuple[str, ...], Element]] = []
        found: dict[tuple[str, ...], list[Element]] = {}
        for path, parent in level:
            counts = Counter(child.tag for child in parent)
            for child in parent:
                below.append(((*path, child.tag), child))
                if counts[child.tag] > 1 or len(level) > 1:
                    found.setdefault((*path, child.tag), []).append(child)
        rows = {path: some for path, some in found.items() if len(some) > 1 and _rich(some)}
        if rows:
            best = max(rows, key=lambda path: len(rows[path]))
            return best, rows[best]
        if not below:
            break
        level = below
    return (), []


def _rich(elements: list[Element]) -> bool:
    """Have most of them two fields or more?"""
    rich = sum(
        len(one.attrib) + len(one) + bool((one.text or "").strip()) > 1 for one in elements[:200]
    )
    return rich > len(elements[:200]) / 2


def _fields(element: Element) -> dict[str, Any]:
    fields: dict[str, Any] = dict(element.attrib)
    children: dict[str, list[Any]] = {}
    own = " ".join("".join([element.text or "", *(child.tail or "" for child in element)]).split())
    if own and len(element):
        return {**fields, **_inline_spans(element)}
    for child in element:
        plain = not len(child) and not child.attrib
        value = (child.text or "").strip() if plain else _inner_list(child) or _fields(child)
        children.setdefault(_name(child.tag), []).append(value)
    for name, values in children.items():
        fields[name if name not in fields else f"{name}_2"] = (
            values[0] if len(values) == 1 else values
        )
    if own:
        fields["text" if "text" not in fields else "text_2"] = own
    return fields


def _inner_list(element: Element) -> list[Any]:
    """What an element holds whose name is the plural of its children's: <terms><term/></terms>, one
    or many."""
    names = {_name(child.tag) for child in element}
    if (
        element.attrib
        or len(names) != 1
        or not _name(element.tag).startswith((only := names.pop()).rstrip("y"))
    ):
        return []
    return [_fields(child) for child in element] if _name(element.tag) != only else []


def _inline_spans(element: Element) -> dict[str, Any]:
    """A text with marked pieces in it: the whole text, and the pieces with their places."""
    text, spans = (element.text or "").lstrip(), []
    for child in element:
        said = "".join(child.itertext())
        kind = next(
            (value for name, value in child.attrib.items() if name.casefold() in TYPE),
            _name(child.tag),
        )
        spans.append({"start": len(text), "end": len(text) + len(said), "label": kind})
        text += said + (child.tail or "")
    return {
        "text": text.rstrip(),
        "entities": [span for span in spans if span["end"] > span["start"]],
    }


def _name(tag: str) -> str:
    """Without its name space."""
    return tag.rpartition("}")[2]


def _beside(root: Element, path: tuple[str, ...], found: Findings) -> None:
    """Name what stands around the rows."""
    around: dict[str, None] = {}
    level = [root]
    for at in range(1, len(path)):
        for parent in level:
            around.update((f"@{name}", None) for name in parent.attrib)
            around.update((_name(child.tag), None) for child in parent if child.tag != path[at])
        level = [child for parent in level for child in parent if child.tag == path[at]]
    if around:
        shown = ", ".join(f"'{printable(name)}'" for name in [*around][:8]) + (
            " …" if len(around) > 8 else ""
        )
        found.note(f"D211 {found.place}: beside the rows, and no rows: {shown}")


def _stop(code: str, text: str, place: str, help: str) -> NoReturn:
    raise DataError(Problem(code, text, place, help)) from None
