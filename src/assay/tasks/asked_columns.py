"""Which columns are asked together with the text: a second text that a label is about as much, a
passage, the rest of a question.

What it is for   nothing that an answer needs is left out
Watch out        roles are added to the mapping, and sentences to the reasons
"""

from collections.abc import Mapping, Sequence

from assay.tasks.columns import Column, Row, is_unnamed
from assay.tasks.context_columns import context_of, further_texts
from assay.tasks.text_overlap import around, partner, reading_order

READS_MORE = ("classify", "number", "answer", "choose")


def pair_texts(
    mapping: dict[str, str],
    found: Sequence[Column],
    text: Column,
    goal: Column | None,
    rows: Sequence[Row],
    reasons: list[str],
) -> None:
    """Two texts that a label is about: both are asked, each under its name."""
    if text.nested or {"context", "text_pair"} & set(mapping):
        return
    role = "question" if "question" in mapping else "text"
    if (whole := around(found, text, rows, role_fields(mapping), goal)) is not None:
        mapping[role] = whole.name
        reasons[:] = [one for one in reasons if not one.startswith("the text is")]
        reasons.append(f"the text is '{whole.name}': '{text.name}' stands in it")
        return
    if (pair := partner(found, text, rows, role_fields(mapping), goal)) is not None:
        other, why = pair
        first, second = reading_order(found, text, other)
        mapping[role], mapping["text_pair"] = first.name, second.name
        reasons[:] = [one for one in reasons if not one.startswith("the text is")]
        reasons.append(
            f"'{first.name}' and '{second.name}' are asked together, each under its name: {why}"
        )


def add_passage(
    mapping: dict[str, str],
    free: Sequence[Column],
    goal: Column | None,
    kind: str,
    paired: bool,
    rows: Sequence[Row],
    reasons: list[str],
) -> None:
    """The passage that belongs to a question. Of a label that is about both it is a second text:
    every strategy reads what is asked."""
    found = (
        None if "context" in mapping else context_of(free, kind, "text_pair" in mapping, goal, rows)
    )
    if found is None:
        return
    context, why = found
    second = (
        kind in ("classify", "number")
        and not context.nested
        and "text_pair" not in mapping
        and paired
    )
    role = "text_pair" if second else "context"
    mapping[role] = context.name
    reasons.append(f"{role} is '{context.name}': {why}")


def add_further_texts(
    mapping: dict[str, str],
    found: Sequence[Column],
    free: Sequence[Column],
    goal: Column | None,
    kind: str,
) -> None:
    """Further texts of what is asked, in the order of the file. Of a label that is about a text,
    one text more would be a pair; two are the rest of a question."""
    role = "question" if "question" in mapping else "text"
    asked = next((c for c in found if c.name == mapping.get(role)), None)
    if asked is None or kind not in READS_MORE:
        return
    left = [column for column in free if column.name not in role_fields(mapping)]
    others = further_texts(found, left, mapping, goal)
    alone = kind in ("classify", "number") and "text_pair" not in mapping
    if not others or (alone and len(others) != 2):
        return
    if "text_pair" in mapping:
        if is_unnamed(found):  # names say of a pair that it is all
            mapping["input"] = others[0].name
        return
    texts = sorted([asked, *others[: 1 + alone]], key=found.index)
    if not alone:
        texts = [*reading_order(found, asked, others[0])]
    mapping |= dict(zip((role, "input", "text_pair"), (one.name for one in texts), strict=False))


def role_fields(known: Mapping[str, str]) -> set[str]:
    """The fields that have a role; the options of a question may stand in several."""
    return {
        part.strip()
        for role, name in known.items()
        for part in (name.split(",") if role == "choices" else [name])
    }
