"""What is asked beside the scores, as report.json has it: one sample a section, for pages and their tests."""

from typing import Any


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
    groups = {f"channel={name}": {**triple(value), "n": 60} for name, value in (("app", 0.9), ("web", 0.7))}
    ends = {"best": "channel=app", "worst": "channel=web"}
    return {"gap": 0.2, "low": 0.1, "high": 0.3, "chance": 0.04, **ends, "groups": groups}


def _bias(names: list[str]) -> dict[str, Any]:
    pairs = [_pair("", "control", 0.02), _pair("gender", "frame", 0.11), _pair("gender", "text", 0.08)]
    listed = {"name": "check.csv", "n": 120, "score": 0.7, "slices": _gap(), "by_label": {"card_lost": _gap()}}
    arm = {"pairs": pairs, "slices": {"channel": _gap()}, "checklists": [listed]}
    gap = {"n": 141, "before": 0.1, "after": 0.02, **triple(-0.08, name="difference")}
    price = {"before": 0.8, "after": 0.79, **triple(-0.01, name="difference")}
    cures = [
        {"remedy": "counterfactual", "arm": names[0], "made": 210, "gap": gap, "price": price},
        {"remedy": "balance", "arm": None, "made": 0},
    ]
    told = {"n": 84, "before": triple(0.6), "after": triple(0.56), **triple(-0.04, name="difference")}
    own = {"stereotypes": {"all": told, "occupation": told}, "refusals": {**told, "n": 16}}
    bases = {"smollm2-135m": own}
    social = {"bases": bases, "arms": {names[0]: {"base": "smollm2-135m", **own}}, "n": {"pairs": 84, "prompts": 16}}
    return {"swap": ["gender"], "arms": dict.fromkeys(names, arm), "remedies": cures, "social": social}


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
    return {"arm": names[0], "metric": "accuracy", "n": 264, "wrong": 33, "groups": [group, {**group, "words": []}]}


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
    note = {"row": "test-3", "arms": [names[0], names[1]], "choice": "A", "note": "B does not say when."}
    return {"duels": [duel], "known": {"anna": {"right": 3, "n": 3}, "ben": {"right": 2, "n": 3}}, "notes": [note]}


def samples(names: list[str]) -> dict[str, Any]:
    """By key of report.json. `names` are arms of the report, the recommended one first."""
    return {"bias": _bias(names), "mistakes": _mistakes(names), "people": _people(names)}
