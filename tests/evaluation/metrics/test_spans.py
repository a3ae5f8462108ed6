"""Pieces that overlap, and types by themselves, against seqeval and nervaluate on ncbi_disease's
sentences."""

import random

import pytest

from assay.core.types import Answer, Example, Message, Record, Task
from assay.evaluation.metrics.spans import by_type, partly
from assay.evaluation.scoring import judge
from assay.tasks.entities import format_entities, locate_entities, of_run, of_tags

TASK = Task(
    kind="extract",
    labels=("Disease", "Gene"),
    metrics=("entity_f1", "entity_macro_f1", "entity_partial_f1"),
)


def sentences(folder):
    """(words, tags) of the sentences of the test file that name something."""
    found, words, tags = [], [], []
    for line in [*(folder / "test.tsv").read_text(encoding="utf-8").splitlines(), ""]:
        if line.strip():
            word, tag = line.split("\t")
            words.append(word)
            tags.append(tag)
        elif words:
            if any(tag != "O" for tag in tags):
                found.append((words, tags))
            words, tags = [], []
    return found


def found_again(words, tags):
    """Whether the places of all pieces can be told from their words."""
    starts = [0]
    for word in words:
        starts.append(starts[-1] + len(word) + 1)
    spans = [(starts[start], starts[end] - 1, kind) for start, end, kind in of_run(tags)]
    pieces = of_tags(tags, words)
    return locate_entities(pieces, " ".join(words)) == spans and len(set(pieces)) == len(pieces)


def blurred(tags, seed):
    """Tags with pieces lost, moved by a word, grown by one, or of another type."""
    draw, out = random.Random(seed), ["O"] * len(tags)
    for start, end, kind in of_run(tags):
        fate = draw.random()
        if fate < 0.15:
            continue
        if fate < 0.3 and end < len(tags) and tags[end] == "O":
            end += 1
        elif fate < 0.4 and end - start > 1:
            start += 1
        elif fate < 0.5:
            kind = "Gene"
        out[start:end] = [f"B-{kind}", *[f"I-{kind}"] * (end - start - 1)]
    if draw.random() < 0.2 and out[0] == "O":
        out[0] = "B-Gene"
    return out


@pytest.fixture
def tagged(shared_data):
    rows = sentences(shared_data("ncbi_disease_ner"))
    # Some targets are called genes, so that there are two types to average over.
    draw = random.Random(4)
    for _, tags in rows:
        if draw.random() < 0.3:
            tags[:] = [tag.replace("Disease", "Gene") for tag in tags]
    made = [(words, tags, blurred(tags, i)) for i, (words, tags) in enumerate(rows)]
    return [one for one in made if found_again(one[0], one[1]) and found_again(one[0], one[2])]


def records(tagged):
    return [
        Record(
            Example("r", (Message("user", " ".join(words)),)),
            format_entities(of_tags(tags, words)),
            (),
            Answer(format_entities(of_tags(answer, words))),
        )
        for words, tags, answer in tagged
    ]


@pytest.mark.slow
def test_whole_pieces_and_types_are_seqevals(tagged):
    metrics = pytest.importorskip("seqeval.metrics")
    truth, answers = [tags for _, tags, _ in tagged], [answer for _, _, answer in tagged]
    assert len(tagged) > 200
    values = judge(records(tagged), TASK).values
    assert values["entity_f1"] == pytest.approx(metrics.f1_score(truth, answers), abs=1e-9)
    assert values["entity_macro_f1"] == pytest.approx(
        metrics.f1_score(truth, answers, average="macro"), abs=1e-9
    )
    report = metrics.classification_report(truth, answers, output_dict=True)
    for one in by_type(records(tagged), TASK):
        theirs = report[one["label"]]
        assert one["n"] == theirs["support"]
        expected = (theirs["precision"], theirs["recall"], theirs["f1-score"])
        assert (one["precision"], one["recall"], one["f1"]) == pytest.approx(expected, abs=1e-6)


def test_overlapping_pieces_are_nervaluates(tagged):
    nervaluate = pytest.importorskip("nervaluate")
    truth, answers = [tags for _, tags, _ in tagged], [answer for _, _, answer in tagged]
    found = nervaluate.Evaluator(truth, answers, tags=["Disease", "Gene"], loader="list").evaluate()
    value = judge(records(tagged), TASK).values["entity_partial_f1"]
    assert value == pytest.approx(found["overall"]["partial"].f1, abs=1e-9)


def test_pairs_of_spans_known_by_hand():
    a, b, c = (0, 4, "x"), (5, 9, "x"), (3, 6, "y")
    assert partly([a, b], [b, a]) == (2, 0)
    assert partly([c], [a, b]) == (0, 1)  # it overlaps both, and is paired with one
    assert partly([c, a], [a]) == (1, 0)  # the exact pair is made first
    assert partly([a], []) == partly([], [a]) == (0, 0)
    assert partly([(4, 5, "x")], [a]) == (0, 0)  # they only touch


def test_pieces_that_the_text_does_not_have_overlap_nothing():
    question = Example("r", (Message("user", "pain in the left knee"),))
    rows = [Record(question, "Disease: pain", (), Answer("Disease: pain in | Disease: fever"))]
    # One overlap of two named and one to find: 2 x 0.5 / 3.
    assert judge(rows, TASK).values["entity_partial_f1"] == pytest.approx(1 / 3)
    assert judge(rows, TASK).values["entity_f1"] == 0


def test_types_that_no_target_has_cost_the_mean_over_types():
    question = Example("r", (Message("user", "pain in Oslo"),))
    rows = [Record(question, "Disease: pain", (), Answer("Disease: pain | City: Oslo"))]
    values = judge(rows, TASK).values
    # Disease 1, other types 0; no row has a gene, and none was named
    assert values["entity_macro_f1"] == 0.5
    table = by_type(rows, TASK)
    assert [one["label"] for one in table] == ["other types", "Disease", "Gene"]
    none = [Record(question, "none", (), Answer("none"))]
    assert set(judge(none, TASK).values.values()) == {1.0}
