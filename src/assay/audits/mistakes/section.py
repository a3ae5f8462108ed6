"""The part of the report on what the mistakes of the recommended arm have in common."""

from typing import Any

from assay.presentation.number_format import between, count

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


def markdown(data: dict[str, Any]) -> list[str]:
    """Blocks for report.md."""
    found = data[KEY]
    lines = [
        f"- {group_name(one)}: {count(one['rows'])}"
        f" mistakes; {count(one['near_wrong'])} of {count(one['near'])}"
        f" such rows are wrong ({between(one['share']['low'], one['share']['high'])})"
        for one in found["groups"]
    ]
    return [sentence(found), *(["\n".join(lines)] if lines else [])]
