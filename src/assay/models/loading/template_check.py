"""What a chat template may contain, judged from its syntax tree before anything renders it.

Why   A template is a program that comes with a model. The sandbox of transformers stops code, not
      exhaustion: in it `'x' * 10**8` gives 100 MB, and doubling a text in a loop gives as much as
      one likes.
How   Only listed filters and functions; arithmetic on numbers only, found by inference over all
      assignments; no text that grows by more than one copy of itself in a step; no `_` attributes;
      loops nested at most three deep. What passes is rendered once in a process with limits
      (`template_rendering.py`).
"""

from collections.abc import Iterator
from typing import Any

from jinja2 import Environment, TemplateSyntaxError, nodes
from jinja2.ext import Extension
from jinja2.parser import Parser

MAX_BYTES = 64 << 10
_MAX_LOOPS = 3
_MAX_NUMBER = 100_000
_MAX_RANGE = 1000
_FILTERS = frozenset(
    {
        "abs",
        "batch",
        "bool",
        "capitalize",
        "count",
        "d",
        "default",
        "dictsort",
        "e",
        "escape",
        "first",
        "float",
        "groupby",
        "int",
        "items",
        "join",
        "last",
        "length",
        "list",
        "lower",
        "map",
        "max",
        "min",
        "reject",
        "rejectattr",
        "replace",
        "reverse",
        "round",
        "safe",
        "select",
        "selectattr",
        "slice",
        "sort",
        "string",
        "sum",
        "title",
        "tojson",
        "trim",
        "unique",
        "upper",
        "wordcount",
        "indent",
    }
)
_FUNCTIONS = frozenset(
    {"range", "namespace", "raise_exception", "strftime_now", "dict", "caller", "joiner", "cycler"}
)
_METHODS_REFUSED = frozenset(
    {
        "format",
        "format_map",
        "center",
        "ljust",
        "rjust",
        "zfill",
        "expandtabs",
        "translate",
        "encode",
    }
)
_REFUSED = (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends, nodes.Block, nodes.Pow)


class _Generation(Extension):
    """`{% generation %}` marks what the assistant said; transformers knows it, plain jinja2 does
    not."""

    tags = {"generation"}

    def parse(self, parser: Parser) -> list[nodes.Node]:
        next(parser.stream)
        return parser.parse_statements(("name:endgeneration",), drop_needle=True)


def objections(template: str) -> list[str]:
    """Why a template is refused, one short phrase each; empty when it is accepted. Nothing is
    rendered."""
    if len(template.encode()) > MAX_BYTES:
        return [f"it has {len(template.encode()):,} bytes, the limit is {MAX_BYTES:,}"]
    environment = Environment(extensions=["jinja2.ext.loopcontrols", _Generation])  # parses only
    try:
        tree = environment.parse(template)
    except TemplateSyntaxError as error:
        return [f"line {error.lineno}: {error.message}"]
    except RecursionError:
        return ["it is nested too deeply"]
    numbers = _numeric_names(tree)
    called = _FUNCTIONS | {macro.name for macro in tree.find_all(nodes.Macro)}
    found = [text for node in _walk(tree) if (text := _objection(node, numbers, called))]
    found += _growing(tree, numbers)
    if _depth(tree) > _MAX_LOOPS:
        found.append(f"loops are nested more than {_MAX_LOOPS} deep")
    return list(dict.fromkeys(found))


def _walk(node: nodes.Node) -> Iterator[nodes.Node]:
    yield node
    for child in node.iter_child_nodes():
        yield from _walk(child)


def _objection(node: nodes.Node, numbers: set[str], called: frozenset[str] | set[str]) -> str:
    line = f"line {node.lineno}: "
    match node:
        case nodes.Mul() if not (
            _is_number(node.left, numbers) and _is_number(node.right, numbers)
        ):
            return line + "`*` on something that may be text"
        case nodes.Mod() if not _is_number(node.left, numbers):
            return line + "`%` on something that may be text"
        case nodes.Const(value=int(value)) if abs(value) > _MAX_NUMBER:
            return line + f"the number {value} is too large"
        case nodes.Getattr(attr=name) if name.startswith("_"):
            return line + f"the attribute {name}"
        case nodes.Getitem(arg=nodes.Const(value=str(name))) if name.startswith("_"):
            return line + f"the attribute {name}"
        case nodes.Filter(name=name):
            return _filter_objection(node, line)
        case nodes.Call(node=nodes.Name(name="range")) if any(
            _is_large(part) for part in _walk(node)
        ):
            return line + f"a range longer than {_MAX_RANGE:,}"
        case nodes.Call(node=nodes.Name(name=name)) if name not in called:
            return line + f"the function {name}"
        case nodes.Call(node=nodes.Getattr(attr=name)) if name in _METHODS_REFUSED:
            return line + f"the method {name}"
        case nodes.For(recursive=True):
            return line + "a recursive loop"
    if isinstance(node, _REFUSED):
        return line + f"{type(node).__name__.lower()} is not allowed"
    return ""


def _is_large(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Mul) or (
        isinstance(node, nodes.Const)
        and isinstance(node.value, int)
        and abs(node.value) > _MAX_RANGE
    )


def _filter_objection(node: nodes.Filter, line: str) -> str:
    if node.name not in _FILTERS:
        return line + f"the filter {node.name}"
    if node.name == "map" and node.args:  # map applies a filter given by name
        first = node.args[0]
        if not (isinstance(first, nodes.Const) and first.value in _FILTERS - {"map"}):
            return line + "map with a filter that is not allowed"
    if node.name == "indent":
        for argument in node.args[:1]:
            if not (
                isinstance(argument, nodes.Const)
                and isinstance(argument.value, int)
                and argument.value <= 16
            ):
                return line + "indent by more than 16"
    return ""


def _depth(node: nodes.Node) -> int:
    inner = max((_depth(child) for child in node.iter_child_nodes()), default=0)
    return inner + isinstance(node, nodes.For)


# --- which names hold numbers, and which hold growing text ----------------------------------------


def _name(node: nodes.Node) -> str:
    """`x` or `space.x`, the name that an assignment or a reading is about; "" for anything else."""
    match node:
        case nodes.Name(name=name):
            return name
        case nodes.NSRef(name=space, attr=attribute):
            return f"{space}.{attribute}"
        case nodes.Getattr(node=nodes.Name(name=space), attr=attribute):
            return f"{space}.{attribute}"
        case nodes.Getitem(node=nodes.Name(name=space), arg=nodes.Const(value=str(attribute))):
            return f"{space}.{attribute}"
    return ""


def _assignments(tree: nodes.Node) -> list[tuple[str, Any]]:
    """(name, expression) of every assignment; None stands for something that cannot be followed."""
    found: list[tuple[str, Any]] = []
    for node in _walk(tree):
        match node:
            case nodes.Assign(target=nodes.Name() | nodes.NSRef() as target, node=value):
                found.append((_name(target), value))
                if isinstance(value, nodes.Call) and isinstance(value.node, nodes.Name):
                    found += [(f"{_name(target)}.{pair.key}", pair.value) for pair in value.kwargs]
                    if value.args or value.dyn_args or value.dyn_kwargs:
                        found.append((f"{_name(target)}.*", None))
            case nodes.AssignBlock(target=target):
                found += [(_name(target), None)]
                found += [(_name(target), part) for part in node.body]
            case nodes.Assign(target=target) | nodes.For(target=target):
                found += [(_name(part), None) for part in _walk(target)]
            case nodes.Macro() | nodes.CallBlock():
                found += [(part.name, None) for part in node.args]
            case nodes.With():
                found += [(_name(target), None) for target in node.targets]
    return [(name, value) for name, value in found if name]


def _numeric_names(tree: nodes.Node) -> set[str]:
    """Names that are only ever assigned numbers."""
    assigned = _assignments(tree)
    opaque = {name[:-1] for name, _ in assigned if name.endswith(".*")}
    names = {name for name, _ in assigned if not any(name.startswith(space) for space in opaque)}
    while True:
        wrong = {
            name
            for name, value in assigned
            if name in names and not (value and _is_number(value, names))
        }
        if not wrong:
            return names
        names -= wrong


def _is_number(node: nodes.Node, numbers: set[str]) -> bool:
    match node:
        case nodes.Const(value=value):
            return isinstance(value, int | float)
        case nodes.Neg(node=inner) | nodes.Pos(node=inner):
            return _is_number(inner, numbers)
        case nodes.Filter(
            name="length" | "count" | "int" | "float" | "abs" | "round" | "wordcount"
        ):
            return True
        case nodes.Add() | nodes.Sub() | nodes.Mul() | nodes.Div() | nodes.FloorDiv() | nodes.Mod():
            return _is_number(node.left, numbers) and _is_number(node.right, numbers)
        case nodes.CondExpr(expr1=one, expr2=other):
            return _is_number(one, numbers) and other is not None and _is_number(other, numbers)
        case nodes.Compare() | nodes.Not():
            return True
    name = _name(node)
    return (
        name in ("loop.index", "loop.index0", "loop.revindex", "loop.revindex0", "loop.length")
        or name in numbers
    )


def _growing(tree: nodes.Node, numbers: set[str]) -> list[str]:
    """Assignments through which a text can double: two readings of texts that depend on it."""
    assigned = [
        (name, value)
        for name, value in _assignments(tree)
        if value is not None and name not in numbers
    ]
    reads = {name: set[str]() for name, _ in assigned}
    for name, value in assigned:
        reads[name] |= {_name(part) for part in _walk(value)} & set(reads)
    reached = {name: set(direct) for name, direct in reads.items()}
    for middle in reached:  # transitive closure
        for name in reached:
            if middle in reached[name]:
                reached[name] |= reached[middle]
    return [
        f"line {value.lineno}: the text {name} can double in a loop"
        for name, value in assigned
        if _copies(value, {other for other in reached[name] if name in reached[other]}) > 1
    ]


def _copies(node: nodes.Node, names: set[str]) -> int:
    """How many copies of the named texts an expression's value can hold: a choice holds the larger
    of its sides."""
    match node:
        case nodes.CondExpr(expr1=one, expr2=other):
            return max(_copies(one, names), _copies(other, names) if other else 0)
        case nodes.Compare() | nodes.Not() | nodes.Test():
            return 0
        case nodes.And() | nodes.Or():
            return max(_copies(node.left, names), _copies(node.right, names))
        case nodes.If():
            return max(
                sum(_copies(part, names) for part in side) for side in (node.body, node.else_)
            )
    if _name(node) in names:
        return 1
    count = sum(_copies(child, names) for child in node.iter_child_nodes())
    return 2 * count if _lengthens(node) else count


def _lengthens(node: nodes.Node) -> bool:
    """A replacement that can make a text longer than it was."""
    match node:
        case (
            nodes.Filter(name="replace", args=args)
            | nodes.Call(node=nodes.Getattr(attr="replace"), args=args)
        ):
            texts = [
                part.value
                for part in args
                if isinstance(part, nodes.Const) and isinstance(part.value, str)
            ]
            return len(texts) < 2 or not texts[0] or len(texts[1]) > len(texts[0])
    return False
