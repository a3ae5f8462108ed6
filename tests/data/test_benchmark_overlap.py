import json

import pytest

import assay
from assay.core.types import Example, Message
from assay.data.benchmark_overlap import count_answer_leaks, find_overlaps, read_probes

PROBE = (
    "The quick brown fox,"
    " which nobody had seen before, jumped over thirteen lazy dogs at noon today."
)


def row(id, text, target=None, also=()):
    return Example(id, (Message("user", text),), target, also, source=f"rows.csv:{id}")


def test_thirteen_words_in_a_row_are_an_overlap_and_twelve_are_not():
    words = PROBE.split()
    rows = [
        row("13", "so " + " ".join(words[1:14]).upper() + "!"),
        row("12", "so " + " ".join(words[1:13]) + " and so on and so on"),
        # across question and answer
        row("over", "it ends: " + " ".join(words[2:8]), " ".join(words[8:15])),
    ]
    found = find_overlaps(rows, [("probe:1", PROBE), ("probe:2", "too short to say")])
    assert [(o.id, o.probe) for o in found.overlaps] == [("13", "probe:1"), ("over", "probe:1")]
    assert (
        found.overlaps[0].words == "quick brown fox which nobody had seen before"
        " jumped over thirteen lazy dogs"
    )
    assert (found.texts, found.short) == (2, 1)
    assert [o.id for o in find_overlaps(rows, [("p", PROBE)], 12).overlaps] == ["13", "12", "over"]


@pytest.fixture
def project(tmp_path, sentences):
    rows = [f'"{text}",{"ab"[n % 2]}' for n, text in enumerate(sentences(200))]
    rows.append(f'"{PROBE} And so on.",a')
    (tmp_path / "rows.csv").write_text("text,label\n" + "\n".join(rows) + "\n")
    bench = [{"question": "Unlike", "choices": ["any", "other"]}, {"q": {"t": PROBE}}]
    (tmp_path / "bench.jsonl").write_text("".join(json.dumps(one) + "\n" for one in bench))
    (tmp_path / "project.yaml").write_text(
        "data: {files: {data: rows.csv}, columns: {text: text, label: label}}\nsplit: "
        "{train: 0.9, val: 0.05, test: 0.05, probes: [bench.jsonl]}\ncompare: [{kind: majority}]\n"
    )
    return tmp_path


@pytest.mark.slow
def test_overlaps_are_told_or_dropped_as_asked(project):
    found = None
    for seed in range(10):  # the row that overlaps must fall into train
        found = assay.check(project, sets=[f"seed={seed}"])
        if any(warning["code"] == "D095" for warning in found.to_json()["warnings"]):
            break
    told = next(w for w in found.to_json()["warnings"] if w["code"] == "D095")
    assert told["count"] == 1 and "rows.csv:202 ~ bench.jsonl:2" in told["text"]
    kept = found.to_json()["rows"]["train"]
    dropped = assay.check(project, sets=[f"seed={seed}", "split.overlaps=drop"]).to_json()
    assert dropped["rows"]["train"] == kept - 1
    assert any("shares words with a probe" in step["reason"] for step in dropped["steps"])


@pytest.mark.real
def test_a_real_benchmark_finds_itself_and_nothing_else(shared_data, tmp_path):
    place = shared_data("mmlu_sample", whole=True) / "mmlu_dev285.csv"
    texts = list(read_probes([place], tmp_path))
    assert len(texts) == 285
    rows = [row(str(n), text) for n, (_, text) in enumerate(texts)]
    itself = find_overlaps(rows, texts)
    long = sum(len(text.split()) >= 20 for _, text in texts)  # surely 13 words without punctuation
    assert long <= len(itself.overlaps) == 285 - itself.short
    wiki = list(read_probes([shared_data("wikitext2", whole=True) / "test.txt"], tmp_path))
    assert len(wiki) == 1 and not find_overlaps(rows, wiki).overlaps


def test_answers_in_the_input_are_counted_with_what_chance_would_give():
    labels = ("refund", "delivery", "login")
    rows = [
        row("1", "I want a REFUND!", "refund"),
        row("2", "my refunds are late", "refund"),  # another word
        row("3", "the delivery of my refund", "delivery"),
        row("4", "cannot get in", "login"),
    ]
    found = count_answer_leaks(rows, labels)
    assert (found["rows"], found["given"], found["share"], found["by_chance"]) == (4, 2, 0.5, 0.25)
    assert [(e["id"], e["answer"]) for e in found["examples"]] == [
        ("1", "refund"),
        ("3", "delivery"),
    ]
    free = count_answer_leaks(
        [row("1", "Say it: blue whale", "Blue whale"), row("2", "What?", "no")]
    )
    assert (free["rows"], free["given"], free["by_chance"]) == (1, 1, None)
    assert (
        count_answer_leaks([row("1", "Who?", "nobody at all", ("Who",)), row("2", "x")])["given"]
        == 0
    )
    assert count_answer_leaks([])["share"] == 0
