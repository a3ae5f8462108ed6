"""What is asked beside the scores, as report.json has it: one sample a section, for pages and their
tests."""

from typing import Any

from assay.audits.robustness.comparison import compare_perturbed
from assay.audits.robustness.operators import PerturbedRow
from assay.core.types import Answer
from assay.reporting.build import Report
from helpers.other_tasks_sample import other_tasks


def triple(value: float, half: float = 0.03, name: str = "value") -> dict[str, float]:
    return {name: value, "low": round(value - half, 6), "high": round(value + half, 6)}


def _pair(group: str, source: str, changed: float) -> dict[str, Any]:
    return {
        "group": group,
        "source": source,
        "n": 100 if source != "text" else 41,
        "changed": triple(changed),
        **({"above": triple(changed - 0.02)} if source == "frame" else {}),
        "score": triple(0.01, name="difference"),
        "leaning": {"label": "refund_status", "first": 0.31, "second": 0.27},
        "examples": [
            {
                "row": "test-7",
                "first": "My name is Emily. Where is my card?",
                "second": "My name is Lakisha. Where is my card?",
                "answers": ["card_arrival", None],
                "target": "card_arrival",
            }
        ],
    }


def _gap() -> dict[str, Any]:
    groups = {
        f"channel={name}": {**triple(value), "n": 60}
        for name, value in (("app", 0.9), ("web", 0.7))
    }
    ends = {"best": "channel=app", "worst": "channel=web"}
    return {"gap": 0.2, "low": 0.1, "high": 0.3, "chance": 0.04, **ends, "groups": groups}


def _bias(names: list[str]) -> dict[str, Any]:
    pairs = [
        _pair("", "control", 0.02),
        _pair("gender", "frame", 0.11),
        _pair("gender", "text", 0.08),
    ]
    listed = {
        "name": "check.csv",
        "n": 120,
        "score": 0.7,
        "slices": _gap(),
        "by_label": {"card_lost": _gap()},
    }
    arm = {"pairs": pairs, "slices": {"channel": _gap()}, "checklists": [listed]}
    gap = {"n": 141, "before": 0.1, "after": 0.02, **triple(-0.08, name="difference")}
    price = {"before": 0.8, "after": 0.79, **triple(-0.01, name="difference")}
    cures = [
        {"remedy": "counterfactual", "arm": names[0], "made": 210, "gap": gap, "price": price},
        {"remedy": "balance", "arm": None, "made": 0},
    ]
    told = {
        "n": 84,
        "before": triple(0.6),
        "after": triple(0.56),
        **triple(-0.04, name="difference"),
    }
    own = {"stereotypes": {"all": told, "occupation": told}, "refusals": {**told, "n": 16}}
    bases = {"smollm2-135m": own}
    social = {
        "bases": bases,
        "arms": {names[0]: {"base": "smollm2-135m", **own}},
        "n": {"pairs": 84, "prompts": 16},
    }
    return {
        "swap": ["gender"],
        "rows": 60,
        "wished": 100,
        "arms": dict.fromkeys(names, arm),
        "remedies": cures,
        "social": social,
    }


def _mistakes(names: list[str]) -> dict[str, Any]:
    row = {"id": "test-9", "question": "Where is it?", "target": "card_lost", "answer": None}
    group = {
        "rows": 12,
        "near": 20,
        "near_wrong": 11,
        "share": triple(0.55, 0.2),
        "words": ["taxi", "left"],
        "confused": [["card_lost", "card_arrival", 7]],
        "examples": [row],
    }
    return {
        "arm": names[0],
        "metric": "accuracy",
        "n": 264,
        "wrong": 33,
        "groups": [group, {**group, "words": []}],
    }


def _people(names: list[str]) -> dict[str, Any]:
    agreed = {
        "annotators": {"anna": 66, "ben": 66},
        "rows": 60,
        "percent": triple(0.8),
        "fleiss": triple(0.6),
        "alpha": {"nominal": triple(0.61)},
        "pairs": [],
        "confused": [],
    }
    duel = {
        "first": names[0],
        "second": names[1],
        "pairs": 60,
        "reviewers": 2,
        "counts": {"first": 70, "second": 30, "tie": 15, "bad": 5},
        "win_rate": triple(0.667, 0.09),
        "decided": {**triple(0.7, 0.1), "n": 50},
        "position": {"a": 58, "b": 42, "p": 0.133},
        "consistent": {"same": 10, "n": 12},
        "agreement": agreed,
        "needed": 310,
        "reasons": {"wrong": 20, "style": 3},
    }
    note = {
        "row": "test-3",
        "arms": [names[0], names[1]],
        "choice": "A",
        "note": "B does not say when.",
    }
    return {
        "duels": [duel],
        "known": {"anna": {"right": 3, "n": 3}, "ben": {"right": 2, "n": 3}},
        "notes": [note],
    }


def point(rows, score, **more):
    return {"rows": rows, "score": score, "low": score - 0.03, "high": score + 0.03, **more}


def gain(value, low, high, **more):
    return {"gain": value, "low": low, "high": high, **more}


def rising(name, word, top):
    sizes = (200, 400, 800, 1595)
    return {
        "name": name,
        "points": [point(n, top - 0.3 * (n / 200) ** -0.5, draws=3) for n in sizes],
        "law": "power",
        "numbers": {"a": 1 - top, "b": 0.1, "c": 0.5},
        "curve": [point(n, top - 0.3 * (n / 200) ** -0.5) for n in range(200, 3200, 150)],
        "last": gain(0.031, 0.004, 0.061, **{"from": 800}),
        "more": gain(0.012, 0.002, 0.024, rows=400),
        "furthest": gain(
            0.004 if word == "flat" else 0.03, 0.0, 0.008 if word == "flat" else 0.06, rows=1595
        ),
        "word": word,
    }


CURVE = {
    "metric": "accuracy",
    "level": 0.95,
    "rows": {"train": 1595, "test": 264},
    "reach": 2.0,
    "arms": [rising("tfidf", "flat", 0.7), rising("lora-r8", "rises", 0.86)],
    "left_out": [
        {
            "arm": "lora-r8",
            "rows": 800,
            "draw": 2,
            "why": "about 412 s, more than is left of `minutes`",
        }
    ],
}


def taken(name, way, first, before, after, open=40, some=31):
    return {
        "name": name,
        "way": way,
        "minutes": 5 if way == "edited" else None,
        "cost": {
            "start": 1.2,
            "load": 0.4,
            "update": 0.02,
            "first_answer": 1.9,
            "first_right": first,
        },
        "changed": {
            "open": open,
            "taken": some,
            "before": {"value": before, "low": 0.0, "high": 0.09},
            "after": {"value": after, "low": after - 0.1, "high": min(1.0, after + 0.1)},
        },
        "unchanged": {
            "before": 0.741,
            "after": 0.735,
            "difference": -0.006,
            "low": -0.019,
            "high": 0.007,
            "lost": 3,
            "gained": 2,
        },
        "shown": [
            {
                "question": "What does a copy cost?",
                "target": "65 cents",
                "before": "40 cents",
                "after": None,
            }
        ],
    }


DRILL = {
    "metric": "accuracy",
    "level": 0.95,
    "changes": [
        {
            "kind": "facts",
            "ends": False,
            "rows": {"changed": 40, "unchanged": 200, "new": 31},
            "shown": [{"document": "fees.md", "old": "40 cents", "new": "65 cents"}],
            "arms": [
                taken("rag-lora", "reindexed", 3.1, 0.0, 0.775),
                taken("lora-r8", "retrained", 540.0, 0.0, 0.45),
                taken("few-shot-8", "edited", None, 0.0, 0.0, some=0),
            ],
        },
        {
            "kind": "topic",
            "ends": True,
            "rows": {"changed": 12, "unchanged": 200, "new": 0},
            "shown": [{"label": "refund"}],
            "arms": [
                taken("tfidf", "refitted", 1.9, 0.0, 1.0, open=12, some=12),
                taken("zero", "edited", None, 1, 1, 0),
            ],
        },
    ],
    "cannot": [{"kind": "label", "why": "the answers are no labels"}],
    "left_out": [
        {
            "kind": "facts",
            "arm": "full",
            "way": "retrained",
            "why": "about 41 minutes, more than `longest`",
        }
    ],
}


def probe(before, after, low, high, unit="share", chance=False):
    gap = round(after - before, 6)
    values = {"before": before, "after": after, "difference": gap, "low": low, "high": high}
    return values | {"n": 60, "unit": unit, "chance": chance}


def _forgetting(names: list[str]) -> dict[str, Any]:
    text = probe(1.08, 1.39, 0.25, 0.37, "bits a byte")
    probes = {
        "knowledge": probe(0.7, 0.6, -0.15, -0.05),
        "mmlu": probe(0.26, 0.25, -0.1, 0.1, chance=True),
        "text": text,
    }
    item = {"probe": "knowledge", "source": "k:1", "text": "Which is cold?", "target": "ice"}
    whole = {"difference": -8.3, "low": -11.0, "high": -5.6, "probes": 3, "n": 140}
    arm = {"base": "b", "combined": whole, "probes": probes, "flips": {"lost": 1, "gained": 0}}
    arm |= {"flipped": [{**item, "before": "ice", "after": "fire", "now": "wrong"}]}
    base = {"b": {"probes": {"knowledge": {"at_chance": False}, "mmlu": {"at_chance": True}}}}
    costs = {"items": 178, "tokens": 12345, "seconds": 61.5, "failed": {}}
    return {"level": 0.95, "arms": {names[0]: arm}, "base": base, **costs}


def _rules(names: list[str]) -> dict[str, Any]:
    base, first = names[-1], names[0]

    def arms(own: float, less: float, against: float) -> dict[str, Any]:
        return {
            first: {**triple(own, 0.1), "against": triple(against, 0.1)},
            base: {**triple(less, 0.1), "against": None},
        }

    example = {"id": "t1", "question": "Where?", "answer": "Dear sir!", "broken": ["Signs off"]}
    rules = (("Short", 0.9, 0.5, 0.4), ("Signs off", 0.75, 0.7, 0.05))
    return {
        "level": 0.95,
        "base": base,
        "arms": [first, base],
        "n": 60,
        "all": arms(0.7, 0.4, 0.3),
        "rules": [{"name": name, "text": "", "arms": arms(*said)} for name, *said in rules],
        "unchecked": ["Kind"],
        "examples": [example],
    }


def _judged(names: list[str]) -> dict[str, Any]:
    pair = {
        "first": names[0],
        "second": names[1],
        "n": 60,
        "won": 30,
        "lost": 12,
        "ties": 18,
        "alike": 5,
        "p": 0.008,
    }
    place = {"same": 0.7, "n": 60, "first": 0.61}
    people = {"share": triple(0.72, 0.1), "n": 44}
    return {
        "model": "smollm2-135m",
        "level": 0.95,
        "pairs": [{**pair, "share": triple(0.65, 0.1)}],
        "position": place,
        "people": people,
    }


def _robustness(report: Report) -> dict[str, Any]:
    """Made as it is in a run: the recommended arm loses every fourth row by typos."""
    names = [report.data["verdict"]["recommended"], "tfidf", "majority"]
    labels, arms = report.task.labels, []
    for name in names:
        records = next(arm for arm in report.arms if arm.name == name).records[:120]
        asked, answers = [], []
        for kind, way in (("typos", "typos"), ("casing", "upper"), ("injection", "forged")):
            for i, record in enumerate(records):
                example = record.question.with_text(f"{record.question.text} {way}")
                asked.append(
                    PerturbedRow(i, kind, way, example, labels[-1] if kind == "injection" else "")
                )
                lost = kind == "typos" and name == names[0] and not i % 4
                answers.append(Answer(None) if lost else record.answer)
        arms.append(
            {
                "name": name,
                **compare_perturbed(records, asked, answers, report.task, level=0.95, seed=2),
            }
        )
    facts = {
        "rows": 120,
        "wished": 120,
        "metric": "accuracy",
        "level": 0.95,
        "rate": 0.1,
        "cut": 0.2,
        "long": 3276,
    }
    return {**facts, "arms": arms, "left_out": ["translation"], "recommended": names[0]}


def by_names(names: list[str]) -> dict[str, Any]:
    """By key of report.json, of arms of these names; all but what needs answers."""
    return {
        "rules": _rules(names),
        "mistakes": _mistakes(names),
        "bias": _bias(names),
        "forgetting": _forgetting(names),
        "other_tasks": other_tasks(names),
        "people": _people(names),
        "judged": _judged(names),
        "learning_curve": CURVE,
        "update_drill": DRILL,
    }


def samples(report: Report) -> dict[str, Any]:
    """By key of report.json, for the synthetic report of weigh/conftest.py."""
    first = report.data["verdict"]["recommended"]
    done = [one["name"] for one in report.data["strategies"] if one["status"] == "done"]
    names = [first, *(name for name in done if name != first)]
    return by_names(names) | {"robustness": _robustness(report)}


def small_report(**changed: Any) -> dict[str, Any]:
    """As much of report.json as sections of audits ask for; what is `changed` is put in place of
    the samples."""
    names = ["lora-r8", "tfidf", "rag-lora", "few-shot-8", "zero"]
    return {
        "strategies": [{"name": name} for name in names],
        "verdict": {"recommended": names[0]},
        "task": {"metric": "accuracy"},
        **by_names(names),
        **changed,
    }
