"""The rows of a JSON file that is one object: which of its members they are, and how they stand in
it.

What it is for   the forms that programs write: lists by the name of a split, the long list of
                 objects under any key, however deep, a list for each column, pandas' orientations,
                 an object of texts and their labels
Source           orient of pandas.DataFrame.to_json (pandas.pydata.org): split, records, index,
                 columns, values, table
Watch out        what stands beside the rows is no row: it is named in a note. Where two lists could
                 be meant, none is taken (D207): `file.json#list=NAME` says which
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from assay.data.reading.findings import Findings, printable
from assay.data.reading.header import split_header
from assay.data.reading.keyed_talks import talks_of
from assay.data.reading.split_names import split_in, split_named
from assay.tasks import column_names as names
from assay.tasks.columns import as_text

Element = tuple[int, Any]  # line, value
Member = tuple[int, str, Any]  # line, key, value; a list is one of elements
DEEPEST = 6  # objects around the rows
_KNOWN = {*names.TEXT, *names.LABEL, *names.ANSWER, *names.ENTITIES}
_KNOWN |= {"texts", "questions", "answers", "tokens"}
_PASSAGES = (*names.CONTEXT, "text", "story")
_ABOUT = ("questions", "qas", "qa_pairs", "qa", "queries")


def rows_of(
    members: Sequence[Member], found: Findings, part: str = "", deep: int = 0
) -> list[Element]:
    """The rows of an object, each with its line; [] where `found` has a problem, or where it holds
    none."""
    if part:
        return _choose_list(members, part, found)
    if made := _by_split(members, found, deep) or _of_pandas(members, found):
        return made
    if is_passage({name: value for _, name, value in members}):
        return _one_row(members)
    if members and all(isinstance(value, dict) for _, _, value in members):
        return _by_id(members, found, deep)
    if rows := talks_of(members, found):
        return rows
    lists = [(name, value) for _, name, value in members if _objects(value)]
    longest = max((len(value) for _, value in lists), default=0)
    deeper = longest and any(
        isinstance(value, dict) and _row_capacity(value) >= 3 * longest for _, _, value in members
    )
    if deeper and (rows := _deeper(members, found, deep)):
        return rows
    if lists:
        return _longest(lists, members, found)
    if rows := _columns(members, found):
        return rows
    tables = [(name, value) for _, name, value in members if _lists(value)]
    if len(tables) == 1:
        _beside(members, tables[0][0], found)
        return table(tables[0][1], found)
    if rows := _pairs(members, found) or _deeper(members, found, deep):
        return rows
    if deep or not members or found.problems:
        return []
    return _one_row(members)


def _one_row(members: Sequence[Member]) -> list[Element]:
    """An object of plain fields as one row, as a line file with a single line is."""
    return [
        (
            1,
            {
                name: [v for _, v in value] if isinstance(value, list) else value
                for _, name, value in members
            },
        )
    ]


def is_passage(row: Mapping[str, Any]) -> bool:
    """Is it a text with the questions about it, whose lists are no rows of a file?"""
    by_key = {name.casefold(): value for name, value in row.items()}
    told = any(isinstance(by_key.get(name), str) for name in _PASSAGES)
    return told and any(isinstance(by_key.get(name), list) for name in _ABOUT)


def table(elements: Sequence[Element], found: Findings, names: Sequence[str] = ()) -> list[Element]:
    """Rows that are lists of cells; without names the first may be a header."""
    cells = [(line, [*row]) for line, row in elements if isinstance(row, list)]
    if not names:
        names, cells = split_header(cells, found)
    rows: list[Element] = []
    for line, row in cells:
        if len(row) == len(names):
            rows.append((line, dict(zip(names, row, strict=True))))
        else:
            found.problem(
                "D208",
                f"{len(row)} values, {len(names)} columns",
                line,
                help="give each row all values",
            )
    return rows


def _choose_list(members: Sequence[Member], part: str, found: Findings) -> list[Element]:
    for line, name, value in members:
        if name == part and isinstance(value, list):
            return table(value, found) if _lists(value) else value
        if name == part and isinstance(value, dict):
            return rows_of(_to_members(value, line), found)
    told = f"has no list '{printable(part)}'"
    shown = ", ".join(
        f"'{printable(name)}'" for _, name, value in members if isinstance(value, list)
    )
    found.problem("D080", told, help=f"there are: {shown}" if shown else "leave out #list=")
    return []


def _by_split(members: Sequence[Member], found: Findings, deep: int) -> list[Element]:
    """Lists or objects by the name of a split."""
    blocks = [
        (line, name, value)
        for line, name, value in members
        if isinstance(value, list | dict) and value
    ]
    of_name = split_named
    if len({of_name(name) for _, name, _ in blocks} - {""}) > 1:
        of_name = split_in  # beside `train` and `val`, `oos_val` is one too
    named = [(of_name(name), line, value) for line, name, value in blocks if of_name(name)]
    if not named or deep > DEEPEST or (len(named) == 1 and len(blocks) > 1):
        return []
    rows: list[Element] = []
    starts: list[tuple[str, int]] = []
    for split, line, value in named:
        inner = Findings(found.place)
        part = _list_elements(value, line, inner, deep)
        if not part:
            return []
        found.problems += inner.problems
        found.notes += [note for note in inner.notes if note not in found.notes]
        found.roles |= inner.roles
        found.beside |= inner.beside
        starts.append((split, len(rows)))
        rows += part
    found.starts += starts
    sizes = Counter[str]()
    for (split, at), end in zip(starts, _ends(starts, rows), strict=True):
        sizes[split] += end - at
    counted = ", ".join(f"{split} {count:,}" for split, count in sizes.items())
    found.note(f"{found.place}: the official splits are lists of it: {counted}")
    _beside(members, [name for _, name, _ in blocks if of_name(name)], found)
    return rows


def _ends(starts: Sequence[tuple[str, int]], rows: Sequence[Any]) -> list[int]:
    return [*(at for _, at in starts[1:]), len(rows)]


def _list_elements(value: Any, line: int, found: Findings, deep: int) -> list[Element]:
    if isinstance(value, dict):
        return rows_of(_to_members(value, line), found, deep=deep + 1)
    elements = value if _elements(value) else [(line, one) for one in value]
    return table(elements, found) if _lists(elements) else elements


def _of_pandas(members: Sequence[Member], found: Findings) -> list[Element]:
    """The orientation "split": columns, perhaps an index, and rows of cells."""
    by_name = {name: value for _, name, value in members}
    columns, data = by_name.get("columns"), by_name.get("data")
    if not isinstance(columns, list) or not isinstance(data, list) or not _lists(data):
        return []
    labels = [as_text(one) for _, one in columns]
    index = [one for _, one in by_name.get("index") or []]
    rows = table(data, found, labels)
    if (
        len(index) == len(rows)
        and not all(isinstance(one, int) for one in index)
        and "id" not in labels
    ):
        rows = [(line, {"id": one, **row}) for one, (line, row) in zip(index, rows, strict=True)]
    found.note(f"{found.place}: read as a table of {len(labels)} columns and rows under 'data'")
    _beside(members, ["columns", "data", "index"], found)
    return rows


def _by_id(members: Sequence[Member], found: Findings, deep: int) -> list[Element]:
    """An object of rows, or of columns whose values have the rows' names."""
    keys = [tuple(value) for _, _, value in members]
    plain = not any(isinstance(one, dict) for _, _, value in members for one in value.values())
    inner, outer = list(keys[0]), [name for _, name, _ in members]
    numbered = all(key.isdigit() for key in inner) and not all(name.isdigit() for name in outer)
    same = len(set(keys)) == 1
    if (
        plain
        and same
        and len(inner) > 1
        and (numbered or (len(inner) >= 10 and len(inner) > 2 * len(outer)))
    ):
        found.note(
            f"{found.place}: read as an object of columns: {', '.join(map(printable, outer[:12]))}"
        )
        ids = {} if numbered or "id" in outer else {key: {"id": key} for key in inner}
        made = [
            {**ids.get(key, {}), **{name: value[key] for _, name, value in members}}
            for key in inner
        ]
        return [(members[0][0], row) for row in made]
    nested = [
        value for _, _, value in members if any(_row_capacity(one) > 1 for one in value.values())
    ]
    if (len(members) == 1 or (len(nested) == 1 and len(members) <= 5)) and (
        rows := _deeper(members, found, deep)
    ):
        return rows
    found.note(f"{found.place}: read as an object of rows; each key is the row's field 'id'")
    return [(line, {"id": name, **row}) for line, name, row in members]


def _longest(
    lists: Sequence[tuple[str, Any]], members: Sequence[Member], found: Findings
) -> list[Element]:
    """The long list of objects; all of them where they hold the same fields."""
    order = sorted(lists, key=lambda pair: -len(pair[1]))
    name, best = order[0]
    if len(lists) == 1 or len(best) >= 3 * len(order[1][1]):
        found.note(f"{found.place}: the rows are the list under '{printable(name)}'")
        _beside(members, name, found)
        return best
    fields = [
        {key for _, row in value[:100] if isinstance(row, dict) for key in row}
        for _, value in lists
    ]
    if len(lists) > 2 and all(one == fields[0] for one in fields) and "part" not in fields[0]:
        found.note(
            f"{found.place}: the rows are {len(lists)} lists of the same fields; each has its"
            " list's name 'part'"
        )
        _beside(members, [name for name, _ in lists], found)
        return [
            (line, {"part": name, **row} if isinstance(row, dict) else row)
            for name, value in lists
            for line, row in value
        ]
    shown = ", ".join(f"'{printable(name)}' ({len(value):,})" for name, value in lists[:8])
    help = f"name the one you mean: {found.place}#list={printable(name)}"
    found.problem("D207", f"holds several lists of rows: {shown}", 1, help=help)
    return []


def _columns(members: Sequence[Member], found: Findings) -> list[Element]:
    """A list for each column, all of one length; or a list of texts for each label."""
    lists = {
        name: [one for _, one in value]
        for _, name, value in members
        if isinstance(value, list) and value
    }
    counts = Counter(len(value) for value in lists.values() if len(value) > 1)
    size, many = max(counts.items(), key=lambda pair: (pair[1] > 1, pair[0]), default=(0, 0))
    if rows := _by_label(lists, members, found):
        return rows
    if many > 1 and any(isinstance(value[0], str | list) for value in lists.values()):
        taken = {name: value for name, value in lists.items() if len(value) == size}
        found.note(
            f"{found.place}: read as a list for each column:"
            f" {', '.join(map(printable, [*taken][:12]))}"
        )
        lines = next([line for line, _ in value] for _, name, value in members if name in taken)
        _beside(members, list(taken), found)
        rows = zip(lines, zip(*taken.values(), strict=True), strict=True)
        return [(line, dict(zip(taken, values, strict=True))) for line, values in rows]
    if len(lists) < 2 or max(counts, default=0) < 3:
        return []
    if [name for name in lists if name.casefold() in _KNOWN]:
        shown = ", ".join(
            f"'{printable(name)}' has {len(value):,}" for name, value in lists.items()
        )
        help = "a list for each column needs a value for every row"
        found.problem("D208", f"columns of different length: {shown}", help=help)
    return []


def _by_label(
    lists: Mapping[str, Sequence[Any]], members: Sequence[Member], found: Findings
) -> list[Element]:
    """A list of texts for each label: not all of one length, under names that no column has."""
    sizes = {len(value) for value in lists.values()}
    worded = all(isinstance(one, str) for value in lists.values() for one in value)
    if (
        len(lists) < 2
        or len(sizes) < 2
        or max(sizes) < 3
        or not worded
        or {name.casefold() for name in lists} & _KNOWN
    ):
        return []
    found.note(f"{found.place}: read as a list of texts for each of {len(lists)} labels")
    found.roles |= {"text": "text", "label": "label"}
    _beside(members, list(lists), found)
    pairs = [(name, value) for _, name, value in members if name in lists]
    return [(line, {"text": one, "label": name}) for name, value in pairs for line, one in value]


def _pairs(members: Sequence[Member], found: Findings) -> list[Element]:
    """Texts that are the keys of what belongs to them: {"When is lunch?": "At noon."}."""
    plain = [
        (line, name, value) for line, name, value in members if isinstance(value, str | int | float)
    ]
    worded = sum(len(name.split()) > 2 for _, name, _ in plain)
    if len(plain) < 6 or len(plain) < len(members) or worded < 0.8 * len(plain):
        return []
    few = len({value for _, _, value in plain}) <= len(plain) / 3
    found.note(f"{found.place}: read as {len(plain):,} texts with what belongs to each")
    found.roles |= (
        {"text": "key", "label": "value"} if few else {"question": "key", "answer": "value"}
    )
    return [(line, {"key": name, "value": value}) for line, name, value in plain]


def _deeper(members: Sequence[Member], found: Findings, deep: int) -> list[Element]:
    """The rows in the one object that holds many."""
    inside = [
        (line, name, value)
        for line, name, value in members
        if isinstance(value, dict) and _row_capacity(value) > 1
    ]
    inside.sort(key=lambda one: -_row_capacity(one[2]))
    if (
        inside
        and deep < DEEPEST
        and (len(inside) == 1 or _row_capacity(inside[0][2]) >= 3 * _row_capacity(inside[1][2]))
    ):
        line, name, value = inside[0]
        if rows := rows_of(_to_members(value, line), found, deep=deep + 1):
            _beside(members, name, found)
            return rows
    return []


def _beside(members: Sequence[Member], taken: str | Sequence[str], found: Findings) -> None:
    """Name what stands beside the rows; keep what may be the names of their values."""
    chosen = {taken} if isinstance(taken, str) else set(taken)
    left = {name: value for _, name, value in members if name not in chosen}
    for name, value in left.items():
        plain = [one for _, one in value] if _elements(value) else value
        if isinstance(plain, list | dict):
            found.beside.setdefault(name, plain)
    if left:
        shown = ", ".join(f"'{printable(name)}'" for name in [*left][:8]) + (
            " …" if len(left) > 8 else ""
        )
        found.note(f"D211 {found.place}: beside the rows, and no rows: {shown}")


def _to_members(value: Mapping[str, Any], line: int) -> list[Member]:
    return [
        (line, key, [(line, e) for e in one] if isinstance(one, list) else one)
        for key, one in value.items()
    ]


def _elements(value: Any) -> bool:
    """Is a list one of (line, value)?"""
    return isinstance(value, list) and all(isinstance(one, tuple) for one in value)


def _objects(value: Any) -> bool:
    return (
        _elements(value)
        and bool(value)
        and sum(isinstance(one, dict) for _, one in value) >= 0.9 * len(value)
    )


def _lists(value: Any) -> bool:
    """Rows of cells: lists of one length, more than one of them."""
    if not _elements(value) or len(value) < 2 or not all(isinstance(one, list) for _, one in value):
        return False
    return len({len(one) for _, one in value[:100]}) == 1 and len(value[0][1]) > 1


def _row_capacity(value: Any) -> int:
    """How many rows something may hold: the longest list or object in it."""
    if isinstance(value, list):
        return len(value)
    if isinstance(value, Mapping):
        return max(
            [
                sum(isinstance(one, dict) for one in value.values()),
                *map(_row_capacity, value.values()),
            ],
            default=0,
        )
    return 0
