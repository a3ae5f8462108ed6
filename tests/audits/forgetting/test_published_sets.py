import json
import math

import pytest

from assay.audits.forgetting.items import PIECE, pieces
from assay.audits.forgetting.published_sets import items_of


def test_a_file_is_a_probe_and_long_texts_are_cut(tmp_path):
    (tmp_path / "my_own.jsonl").write_text(
        json.dumps({"kind": "text", "text": "word " * 600})
        + "\n"
        + json.dumps({"kind": "last_word", "text": "a b"})
    )
    items = items_of(tmp_path, "probes")
    assert {item.probe for item in items} == {"my own, text", "my own, last word"}
    texts = [item.text for item in items if item.kind == "text"]
    assert len(texts) == math.ceil(2999 / PIECE) and " ".join(texts) == ("word " * 600).strip()
    assert list(pieces("short")) == ["short"]


@pytest.mark.real
@pytest.mark.parametrize(
    ("name", "kind", "n", "options"),
    [
        ("piqa_valid", "choice", 1838, {2}),
        ("mmlu_sample", "choice", 1140, {4}),
        ("lambada_test", "last_word", 2500, {0}),
        ("bbh_eight", "choice", 1427, {2, 4, 5, 6}),
        ("wikitext2", "text", None, {0}),
    ],
)
def test_published_sets_are_known_by_their_files(shared_data, name, kind, n, options):
    items = items_of(shared_data(name, whole=True), name)
    assert {one.kind for one in items} == {kind} and len({one.probe for one in items}) == 1
    assert n is None or len(items) == n
    assert {len(one.options) for one in items} >= options - {6} and {
        len(one.options) for one in items
    } <= {
        *options,
        1,
        6,
    }


@pytest.mark.real
def test_the_first_rows_of_published_sets_are_what_they_are(shared_data):
    piqa = items_of(shared_data("piqa_valid", whole=True), "piqa")[0]
    assert piqa.target.endswith(
        "ripped jeans material,"
        " you will also need to supply it with a water bottle and a food dish."
    ) is (piqa.answer == 1)
    mmlu = items_of(shared_data("mmlu_sample", whole=True), "mmlu")[0]
    assert (
        mmlu.text.startswith("Find the degree")
        and mmlu.options == ("0", "4", "2", "6")
        and mmlu.target == "4"
    )
    lambada = items_of(shared_data("lambada_test", whole=True), "lambada")[0]
    assert lambada.target == "signs"


def test_sets_in_their_form_are_known_by_their_files(own_data):
    found = {
        name: items_of(own_data(name), name)
        for name in ("piqa_valid", "mmlu_sample", "lambada_test", "bbh_eight")
    }
    forms = {name: {(one.kind, len(one.options)) for one in items} for name, items in found.items()}
    assert forms == {
        "piqa_valid": {("choice", 2)},
        "mmlu_sample": {("choice", 4)},
        "lambada_test": {("last_word", 0)},
        "bbh_eight": {("choice", 2)},
    }
    # Solved examples (of mmlu) are no probes, nor is a task whose answers are free text (of bbh).
    assert [len(items) for items in found.values()] == [30, 40, 60, 16 + 20]
    # What is right is known from the text itself.
    assert {one.target for one in found["piqa_valid"]} == {"In a bag that is whole."}
    for one in found["mmlu_sample"]:
        first, second = (int(word) for word in one.text.rstrip("?").split() if word.isdigit())
        assert one.target == str(first + second)
    texts = items_of(own_data("wikitext2"), "wikitext2")
    assert {one.kind for one in texts} == {"text"} and not [
        one for one in texts if one.text.startswith("=")
    ]
