"""Test rows that training has seen, in words: the same text, near copies, paraphrases, and answers
that stand in the text of their question."""

from typing import Any

from assay.presentation.number_format import count, one_line


def leaks(data: dict[str, Any]) -> int:
    return sum(
        int(data["audit"].get(kind) or 0) for kind in ("exact", "near", "contained", "group")
    )


def leak_sentence(data: dict[str, Any]) -> str:
    audit, n = data["audit"], count(data["rows"].get("test"))
    found = leaks(data)
    if not found and data["rows"].get("folds"):
        told = f"The {n} rows that are tested are in folds: copies and near copies of a row, and"
        return f"{told} texts that hold it, are in its own."
    if not found:
        how = "as themselves, as a near copy or inside another text"
        told = f"0 of {n} test rows stand in the training or validation rows, {how}."
        return " ".join(filter(None, (told, paraphrase_sentence(audit))))
    kinds = {
        "exact": "the same text",
        "near": "a near copy",
        "contained": "one text inside the other",
    }
    kinds["group"] = "the same group"
    parts = ", ".join(
        f"{words} {count(audit[kind])}" for kind, words in kinds.items() if audit.get(kind)
    )
    out = (
        f"; {count(audit['repaired'])} train or val rows were taken out"
        if audit.get("repaired")
        else ""
    )
    told = f"Test rows that also stood in train: {count(found)} ({parts}){out}."
    return " ".join(filter(None, (told, paraphrase_sentence(audit))))


def paraphrase_sentence(audit: dict[str, Any]) -> str:
    """How many test rows train says in other words; "" where that was not looked for."""
    if audit.get("paraphrase") is None:
        return ""
    found, near = count(audit["paraphrase"]), count(audit["paraphrase_near"])
    said = (
        f"{found} of {count(audit['paraphrase_of'])} test rows have a paraphrase in train that"
        " stands out from the"
    )
    return (
        f"{said} rows around it (cosine >= {audit['paraphrase_from']:g}); {near} have some"
        " training row as near."
    )


def answer_leak_sentences(extra: Any) -> list[str]:
    """Splits in which one row in a hundred or more names its answer in the text, and twice as many
    as name another label, a sentence each."""
    lines = []
    for split, found in (extra.get("given_away") or {}).items():
        chance = found["by_chance"]
        if not found["given"] or found["share"] < max(0.01, 2 * (chance or 0)):
            continue
        first = found["examples"][0]
        by_chance = f"; another label stands in {100 * chance:.1f} %" if chance is not None else ""
        share = (
            f"{count(found['given'])} of {count(found['rows'])} {split} rows"
            f" ({100 * found['share']:.1f} %)"
        )
        lines.append(
            f"In {share} the answer"
            f" stands in the text{by_chance}; first: {first['source']}"
            f" '{one_line(first['answer'], 40)}'."
        )
    return lines
