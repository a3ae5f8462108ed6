import json

import numpy as np
import pytest

from assay.audits.forgetting.items import (
    KINDS,
    ProbeItem,
    own_items,
    read,
    sample,
    token_upper_bound,
)
from assay.audits.forgetting.published_sets import items_of
from assay.core.errors import DataError


def test_the_own_probes_are_sound():
    items = own_items()
    by = {kind: [item for item in items if item.kind == kind] for kind in KINDS}
    assert {kind: len(some) for kind, some in by.items()} == {
        "choice": 60,
        "last_word": 40,
        "text": 20,
        "constraint": 40,
    }
    places = [item.answer for item in by["choice"]]
    # always the same letter is right by chance alone
    assert [places.count(i) for i in range(4)] == [15] * 4
    assert all(len(set(item.options)) == 4 for item in by["choice"])
    assert {item.chance for item in by["choice"]} == {0.25}
    assert np.mean([item.chance for item in by["constraint"]]) < 0.1
    assert 6_000 < sum(len(item.text.encode()) for item in by["text"]) < 10_000
    assert len({item.text for item in items}) == len(items)
    assert sum(item.tokens for item in items) < 20_000
    assert all(
        ProbeItem.from_json(json.loads(json.dumps(item.to_json()))) == item for item in items
    )


def test_faults_of_a_file_are_said_with_their_lines(tmp_path):
    rows = [
        {"kind": "choice", "question": "q", "options": ["a", "b"], "answer": 1},
        {"kind": "choice", "question": "q", "options": ["a", "b"], "answer": 2},
        {"kind": "choice", "question": "q", "options": ["a"], "answer": 0},
        {"kind": "last_word", "text": "one"},
        {"kind": "constraint", "prompt": "p", "checks": [{"check": "bulets", "value": 1}]},
        {"kind": "riddle"},
    ]
    file = tmp_path / "mine.jsonl"
    file.write_text("\n".join(json.dumps(row) for row in rows) + "\nnot json\n")
    with pytest.raises(DataError) as raised:
        read(file, "mine.jsonl")
    assert {p.code for p in raised.value.problems} == {"D125"}
    assert [p.place for p in raised.value.problems] == [
        f"mine.jsonl:{n}" for n in (2, 3, 4, 5, 6, 7)
    ]
    for place, words in (("absent", "no such file"), ("empty", "holds no probe")):
        (tmp_path / "empty").mkdir(exist_ok=True)
        with pytest.raises(DataError, match=words):
            items_of(tmp_path / place, place)


def item(n, kind="last_word", probe="p", words=20):
    return ProbeItem(
        probe, kind, f"{n} " + "word " * words + "end", ("a", "b") if kind == "choice" else ()
    )


def test_the_sample_fits_and_depends_on_seed_and_items_alone():
    items = [item(n) for n in range(300)] + [item(n, "choice", "q") for n in range(5)]
    some = sample(items, 2000, 1)
    assert sum(one.tokens for one in some) <= 2000
    assert some == sample(items[::-1], 2000, 1) != sample(items, 2000, 2)
    # what one probe does not need goes to the others
    assert sum(one.probe == "q" for one in some) == 5
    assert sum(one.tokens for one in some) > 1900
    assert [one.kind for one in some] == sorted((one.kind for one in some), key=KINDS.index)


def test_the_estimate_is_on_the_high_side(tiny_model):
    from transformers import AutoTokenizer

    # 480 tokens: the estimate is for real vocabularies
    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    assert token_upper_bound("abc" * 10) == 10 and token_upper_bound("äöü") == 6
    assert len(tokenizer("äöü")["input_ids"]) <= 6
