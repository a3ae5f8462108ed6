"""Foreign text that is an attack, in every place of a report that foreign text can stand in."""

import json
from dataclasses import replace

from assay.core.types import Answer, Example, Message, Record
from assay.reporting.build import Report

PAYLOADS = (
    "<script>alert(1)</script>",
    "\"><img src=x onerror='alert(1)'>",
    "</text></svg><script>alert(1)</script>",
    "{{ 7 * 7 }}{% raw %}",
    "javascript:alert(1)",
    "</style><style>*{display:none}</style>",
    "\x1b[31mred\x1b[0m \x07 \u202egnp.exe \u2066x\u2069",
    "\ud800 lone",
)


def poisoned(report):
    """The same report with every piece of foreign text replaced by an attack."""
    attack = " ".join(PAYLOADS)

    def foul(record):
        question = Example(
            record.question.id + attack,
            (Message("user", attack),),
            slices=(("x" + attack, attack),),
            source=attack,
        )
        return Record(question, record.target, (attack,), replace(record.answer, raw=attack))

    def answer(record):
        return replace(record, answer=Answer(attack))

    arms = tuple(
        replace(
            arm,
            name=f"{arm.name}{attack}",
            kind=attack,
            note=attack,
            settings={attack: attack},
            cost={**arm.cost, "parts": [{"name": attack}]},
            records=[
                (answer if index % 3 else (lambda r: r))(foul(r))
                for index, r in enumerate(arm.records)
            ],
        )
        for arm in report.arms
    )
    extra = json.loads(json.dumps(report.extra))
    extra = {
        **extra,
        "base": attack,
        "project_yaml": attack,
        "commands": [attack],
        "not_tried": [attack],
    }
    extra |= {"limits": [attack], "hashes": {attack: attack}, "labels": {attack: {attack: 3}}}
    extra["ledger"][0] |= {"reason": attack, "step": attack, "action": attack}
    extra["ledger"][0]["examples"][0] |= {"id": attack, "file": attack, "text": attack}
    extra["leaks"][0] |= {"id": attack, "kind": attack, "decision": attack}
    extra["leaks"][0]["first"] = dict.fromkeys(("split", "id", "source", "text"), attack)
    extra["rendered"]["parts"][0]["text"] = attack
    from assay.reporting.build import build

    data = build(
        task=report.task,
        arms=arms,
        rows=report.data["rows"],
        audit=report.data["audit"],
        exam={"hash": attack, "opened": 1},
        warnings=[{"code": attack, "count": 2, "text": attack}],
        environment={attack: {attack: [attack]}},
        project=attack,
        draws=100,
    )
    return Report(data, report.task, arms, extra)


FOREIGN = {
    "question",
    "target",
    "answer",
    "answers",
    "row",
    "id",
    "text",
    "note",
    "document",
    "old",
    "new",
}
FOREIGN |= {
    "before",
    "after",
    "first",
    "second",
    "words",
    "original",
    "changed",
    "confused",
    "label",
    "name",
    "why",
}


def fouled(value, names: dict[str, str], key: str = ""):
    """A part of report.json with foreign text replaced by an attack. `names`: arm to its name in
    the bad report."""
    if isinstance(value, dict):
        return {names.get(k, k): fouled(one, names, k) for k, one in value.items()}
    if isinstance(value, list):
        return [fouled(one, names, key) for one in value]
    if isinstance(value, str):
        return names.get(value) or (" ".join(PAYLOADS) if key in FOREIGN else value)
    return value
