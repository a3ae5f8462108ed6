"""The form that a written answer must have: read from a project file, judged, made into a grammar.

How      llguidance (guidance-ai.github.io/llguidance) reads JSON schemas, regular expressions and
         Lark grammars alike. It has no look-around and no back-references, fetches nothing, and
         refuses keywords that it does not know.
Limits   16 KB for a schema or grammar, 16 brackets inside each other, 4 KB for an expression,
         10,000 choices.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import unquote

from assay.core.answers import Form
from assay.core.errors import ModelError, Problem

LARGEST = {"json": 16 << 10, "grammar": 16 << 10, "regex": 4 << 10, "choice": 1 << 20}  # bytes
DEEPEST = 16  # brackets of a schema inside each other: eight objects
CHOICES = 10_000
CODES = {"json": "M056", "regex": "M057", "grammar": "M058", "choice": "M059"}
NAMES = {
    "json": "JSON schema",
    "regex": "regular expression",
    "grammar": "grammar",
    "choice": "list of choices",
}
# White space that a JSON answer may have between its parts: a space, or a line break and an indent;
# not a page of it.
SPACES = r"( |\n[ ]{0,16})?"
FILES = {"json": ".json", "grammar": ".lark"}


def read(value: Any, folder: Path) -> Form:
    """The form that a project file names: `{json: schema.json}`, `{json: {...}}`, `{regex: ...}`,
    `{grammar: file.lark}`, `{grammar: text}` or `{choice: [...]}`. Files are relative to `folder`.

    Raises:
        ModelError: M056 to M060, it cannot be used.
    """
    if not isinstance(value, dict) or len(value) != 1 or (kind := next(iter(value))) not in CODES:
        text = "must have one of json, regex, grammar, choice"
        raise ModelError(Problem("M060", text, "task.form", "write it as in {regex: '[0-9]+'}"))
    given, place = value[kind], ""
    if kind in FILES and isinstance(given, str) and given.endswith(FILES[kind]):
        place, given = given, _text(kind, folder / given)
    elif kind in ("json", "choice") and not isinstance(given, str):
        given = json.dumps(given, ensure_ascii=False)
    if not isinstance(given, str):
        _refuse(kind, f"must be text, got {given!r}", place)
    grammar(form := Form(kind, given), place)
    if kind == "json":  # white space of the file means nothing
        form = Form(kind, json.dumps(json.loads(given), ensure_ascii=False))
    return form


def dump_form(form: Form) -> dict[str, Any]:
    """The form as a project file says it, in full."""
    return {form.kind: json.loads(form.text) if form.kind in ("json", "choice") else form.text}


def _text(kind: str, path: Path) -> str:
    try:
        data = path.read_bytes()
        if len(data) > LARGEST[kind]:
            _refuse(kind, f"has {len(data):,} bytes; at most {LARGEST[kind]:,} are read", path.name)
        return data.decode("utf-8")
    except OSError as error:
        _refuse(kind, (error.strerror or "unknown reason").lower(), path.name)
    except UnicodeDecodeError:
        _refuse(kind, "is not UTF-8", path.name)


def grammar(form: Form, place: str = "") -> str:
    """The form as a grammar of llguidance; for a choice, which has none, "".

    Raises:
        ModelError: M056 schema, M057 expression, M058 grammar, M059 choices: it is not one, is too
            large, or asks for what is not known.
    """
    size = len(form.text.encode("utf-8", "surrogatepass"))
    if size > LARGEST[form.kind]:
        _refuse(form.kind, f"has {size:,} bytes; at most {LARGEST[form.kind]:,} are read", place)
    if form.kind == "choice":
        choices(form, place)
        return ""
    from llguidance import LLMatcher, regex_to_lark

    try:
        if form.kind == "json":
            overrides: Any = {"whitespace_flexible": True, "whitespace_pattern": SPACES}
            made = LLMatcher.grammar_from_json_schema(
                _schema(form.text, place), overrides=overrides
            )
        elif form.kind == "regex":
            made = LLMatcher.grammar_from_lark(f"start: /{regex_to_lark(form.text, 'd')}/")
        else:
            made = LLMatcher.grammar_from_lark(form.text)
        said = LLMatcher.validate_grammar(made)
    except ValueError as error:
        _refuse(form.kind, str(error), place)
    if said:
        _refuse(form.kind, said, place)
    return made


def choices(form: Form, place: str = "") -> list[str]:
    """The texts of a choice, without white space around them.

    Raises:
        ModelError: M059.
    """
    try:
        found = json.loads(form.text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, list) or not all(isinstance(text, str) for text in found):
        _refuse("choice", "is not a JSON list of texts", place)
    texts = list(dict.fromkeys(text.strip() for text in found))
    if not texts or len(texts) > CHOICES:
        _refuse("choice", f"has {len(texts):,} texts; it must have 1 to {CHOICES:,}", place)
    return texts


def _schema(text: str, place: str) -> str:
    """A schema that is an object; `true` and `false` are schemas too, and say nothing or all."""
    try:
        schema = json.loads(text)
    except (ValueError, RecursionError) as error:
        where = f" (line {error.lineno})" if isinstance(error, json.JSONDecodeError) else ""
        _refuse("json", f"is not JSON{where}: {error}", place)
    if not isinstance(schema, dict):
        _refuse("json", f"must be an object, got {text.strip()[:40]}", place)
    if (deep := _depth(schema)) > DEEPEST:
        _refuse("json", f"has {deep} brackets inside each other; at most {DEEPEST} are read", place)
    if circle := endless(schema):
        _refuse(
            "json",
            f"its $ref '{circle}' comes back to itself without going into an object or a list",
            place,
        )
    return json.dumps(schema)


def endless(schema: dict[str, Any]) -> str:
    """A reference of a JSON schema that comes back to where it stands without going into an object
    or a list, as {"$ref": "#"} does; "" where there is none. Looks at each part once."""
    waiting: list[Any] = [schema]
    done: set[int] = set()
    while waiting:
        part = waiting.pop()
        waiting += (
            part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
        )
        path: list[tuple[Any, Iterator[tuple[str, Any]]]] = [(part, _same_text(part, schema))]
        inside = {id(part)}
        while path and id(part) not in done:
            here, following = path[-1]
            ref, target = next(following, ("", None))
            if target is None:
                done.add(id(here))
                inside.discard(id(here))
                path.pop()
            elif id(target) in inside:
                return ref
            elif id(target) not in done:
                inside.add(id(target))
                path.append((target, _same_text(target, schema, ref)))
    return ""


def _same_text(part: Any, schema: dict[str, Any], ref: str = "") -> Iterator[tuple[str, Any]]:
    """The schemas that the same text must or may fit, each with the reference that leads there."""
    if not isinstance(part, dict):
        return
    if isinstance(named := part.get("$ref"), str) and named.startswith("#"):
        target: Any = schema
        for name in named[1:].split("/")[1:]:
            name = unquote(name).replace("~1", "/").replace("~0", "~")
            inner = target.get(name) if isinstance(target, dict) else None
            at = int(name) if name.isdigit() and len(name) < 6 else -1
            target = target[at] if isinstance(target, list) and 0 <= at < len(target) else inner
        if isinstance(target, dict):
            yield named, target
    for key in ("allOf", "anyOf", "oneOf"):
        listed = part[key] if isinstance(part.get(key), list) else ()
        yield from ((ref, one) for one in listed if isinstance(one, dict))
    yield from (
        (ref, part[key]) for key in ("not", "if", "then", "else") if isinstance(part.get(key), dict)
    )


def _depth(value: Any) -> int:
    inside = (
        value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    )
    return 0 if inside is None else 1 + max(map(_depth, inside), default=0)


WAYS = {
    "json": "`assay explain M056` says which keywords are known",
    "regex": "it is matched whole; \\d is 0 to 9; look-around and back-references are not known",
    "grammar": "the first rule is start: ...; rules are lower-case, terminals upper-case",
    "choice": "write it as in {choice: [yes, no]}",
}


def _refuse(kind: str, said: str, place: str) -> NoReturn:
    """Raises ModelError. Of what a library says over several lines, the one that names the
    error."""
    lines = said.strip().splitlines() or ["it is empty"]
    first = next(
        (line.strip()[7:] for line in lines if line.strip().startswith("error: ")), lines[0]
    )
    text = f"the {NAMES[kind]}{f' in {place}' if place else ''} cannot be used: {first}"
    excerpt = "\n".join(lines) if len(lines) > 1 else ""
    raise ModelError(Problem(CODES[kind], text, "", WAYS[kind], excerpt[:400]))
