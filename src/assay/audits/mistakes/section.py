"""The part of the report on what the mistakes of the recommended arm have in common."""

from typing import Any

from assay.presentation import section_spec as spec
from assay.presentation.json_place import Place
from assay.presentation.number_format import count

KEY = "mistakes"
TITLE = "Mistakes"
HOW = "evaluate: {mistakes: true}"


def sentence(found: dict[str, Any]) -> str:
    """How many, and whether they gather anywhere."""
    head = f"{found['arm']} is wrong on {count(found['wrong'])} of {count(found['n'])} test rows"
    if not found["groups"]:
        return (
            f"{head}: too few to group."
            if found["wrong"] < 8
            else f"{head}; they do not gather anywhere."
        )
    group = max(found["groups"], key=lambda one: one["share"]["low"])
    if group["share"]["low"] <= found["wrong"] / found["n"]:
        return f"{head}; no group of like questions is surely worse than the rest."
    by = f" that say {', '.join(group['words'][:3])}" if group["words"] else ""
    lost = f"{count(group['near_wrong'])} of {count(group['near'])}"
    return (
        f"{head}. They are densest among questions{by}: {lost} such rows are wrong. A reason to"
        " look there, no test."
    )


def group_name(group: dict[str, Any]) -> str:
    """A group by its words, or, without any that tell, by its first question."""
    if group["words"]:
        return ", ".join(group["words"])
    return (
        f'like "{group["examples"][0]["question"][:60]}"'
        if group["examples"]
        else "no words in common"
    )


def blocks(report: Place) -> list[spec.Block]:
    found = report[KEY]
    rows = [
        (
            group_name(one.value),
            *one.numbers("count", "rows", "near", "near_wrong"),
            *one["share"].and_interval("score"),
        )
        for one in found["groups"]
    ]
    caption = (
        f"Mistakes of {found.value['arm']} in groups of like questions; and, of all test rows that"
        " lie as near, how many are wrong."
    )
    columns = ("words", "mistakes", "such rows", "wrong", "share", "interval")
    return [
        spec.Paragraph(sentence(found.value)),
        spec.Table(caption, columns, rows),
        *(_examples(group) for group in found.value["groups"]),
    ]


def _examples(group: dict[str, Any]) -> spec.Details:
    """Some rows of a group, and what is answered for what in it."""
    confused = ", ".join(
        f"{target} answered {answer} ({count(n)})" for target, answer, n in group["confused"]
    )
    items = [
        spec.Item(
            row["id"],
            (row["question"],),
            (
                spec.LabelledValue("target", row["target"]),
                spec.LabelledValue("answer", row["answer"], "wrong"),
            ),
        )
        for row in group["examples"]
    ]
    most = spec.Paragraph(f"Most frequent: {confused}." if confused else "")
    return spec.Details(f"{group_name(group)}: {len(items)} rows", (most, spec.ItemList(items)))
