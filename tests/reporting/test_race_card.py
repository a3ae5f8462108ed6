"""What the report says of a race."""

from types import SimpleNamespace

from assay.reporting.race_card import race_blocks, race_sentences


def heat(rows, asked, value, seconds):
    return {"rows": rows, "asked": asked, "value": value, "seconds": seconds}


def strategy(name, status, *heats, test=None):
    metrics = {"accuracy": {"value": test}} if status == "done" else {}
    return {"name": name, "status": status, "heats": list(heats), "metrics": metrics}


DATA = {
    "task": {"metric": "accuracy"},
    "metrics": {"accuracy": {"unit": "", "higher_is_better": True}},
    "strategies": [
        strategy("tfidf", "done", heat(300, 76, 0.75, 2.0), test=0.7),
        strategy("probe", "done", heat(300, 76, 0.8, 8.0), test=0.78),
        strategy("zero-shot", "pruned", heat(300, 16, 0.5, 20.0)),
        strategy("lora", "pruned", heat(33, 76, 0.3, 30.0), heat(100, 32, 0.4, 60.0)),
        strategy("rag", "done", test=0.1),  # it had no heat
    ],
}


def test_the_race_in_words():
    raced = [one for one in DATA["strategies"] if one["heats"]]
    said = " ".join(race_sentences(raced, DATA))
    assert "2 of 4 met them" in said and "The heats took 2.0 min" in said
    assert "The best of them on val, probe, had 0.800 there and 0.780 on the test rows" in said
    assert "(−2.0 points)" in said


def test_what_each_was_given():
    seen = SimpleNamespace(data=DATA, metric_words="accuracy")
    *_, table = race_blocks(seen)
    rows = {row.cells[0]: row.cells[1:] for row in table.rows}
    assert rows["lora"] == ["33, 100", "76, 32", "0.400", "90.0 s", "pruned: it could not win"]
    assert [*rows] == ["tfidf", "probe", "zero-shot", "lora"]
    alone = SimpleNamespace(data={**DATA, "strategies": DATA["strategies"][-1:]}, metric_words="")
    assert race_blocks(alone) == []


def test_the_best_on_val_is_the_lowest_where_lower_is_better():
    data = {
        "task": {"metric": "mean_absolute_error", "higher_is_better": False},
        "metrics": {"mean_absolute_error": {"unit": "", "higher_is_better": False}},
        "strategies": [
            {**strategy(name, "done", heat(300, 76, val, 2.0)),
             "metrics": {"mean_absolute_error": {"value": val}}}
            for name, val in (("ridge", 0.5), ("knn", 0.75))
        ],
    }  # fmt: skip
    said = " ".join(race_sentences(data["strategies"], data))
    assert "The best of them on val, ridge, had 0.500 there" in said
