"""The project file: what is right loads to settings and back; what is wrong is said at once, in the
file's words."""

import json
import string
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assay import config
from assay.config.names import arm_name
from assay.config.yamlfile import dump, read
from assay.core.errors import Problem, ProjectError
from helpers.problems import problem, unnamed

FIXTURES = Path(__file__).parent / "fixtures"
# Of each bad file, its problems in order: code, line (0: none), key, and what the message names
# beside them: the value, what is allowed, the nearest spelling. How that is said is free.
EXPECTED = json.loads((FIXTURES / "expected.json").read_text(encoding="utf-8"))
HEAD = "version: 2\ndata:\n  files: {data: tickets.csv}\n"


def load(tmp_path: Path, text: str, *sets: str) -> config.Project:
    path = tmp_path / "project.yaml"
    path.write_text(text, encoding="utf-8")
    return config.load(path, sets)


def faults(tmp_path: Path, text: str, *sets: str) -> tuple[Problem, ...]:
    with pytest.raises(ProjectError) as caught:
        load(tmp_path, text, *sets)
    return caught.value.problems


@pytest.mark.parametrize("stem", EXPECTED)
def test_every_problem_of_a_bad_file_has_its_code_its_place_and_its_way_out(stem: str):
    with pytest.raises(ProjectError) as caught:
        config.load(FIXTURES / f"{stem}.yaml")
    found = caught.value.problems
    assert caught.value.name == f"{stem}.yaml"
    wanted = [
        (one["code"], [f"{stem}.yaml" + f":{one['line']}" * (one["line"] > 0), *one["key"].split()])
        for one in EXPECTED[stem]
    ]
    assert [(told.code, told.place.split()) for told in found] == wanted
    for told, one in zip(found, EXPECTED[stem], strict=True):
        assert not unnamed(told, *one["names"]), told


def test_every_bad_file_is_expected_to_have_the_code_that_it_is_named_for():
    assert set(EXPECTED) == {path.stem for path in FIXTURES.glob("*.yaml")}
    for stem, rows in EXPECTED.items():
        assert stem == "many" or stem.partition("_")[0].upper() in {row["code"] for row in rows}


def test_what_is_done_with_arms_after_the_run_names_arms_that_are_there(tmp_path: Path):
    arms = "compare: [{kind: tfidf}]\n"
    project = load(
        tmp_path,
        f"{HEAD}{arms}serve: {{arms: [tfidf, base], rate: 60}}\nmonitor: {{arm: tfidf, rows: 5}}\n",
    )
    assert project.serve.arms == ("tfidf", "base") and project.watch.rows == 5
    assert load(tmp_path, project.to_yaml()) == project
    port, level = faults(
        tmp_path,
        f"{HEAD}{arms}serve: {{arms: [tfdif], prot: 1}}\nmonitor: {{arm: base, level: 0.7}}\n",
    )
    assert (
        port.place.endswith(" serve.prot")
        and not unnamed(port, "'port'")
        and level.place.endswith(" monitor.level")
    )
    served, watched = faults(
        tmp_path, f"{HEAD}{arms}serve: {{arms: [tfdif]}}\nmonitor: {{arm: base}}\n"
    )
    assert served.place.endswith(" serve.arms") and not unnamed(served, "'tfdif'", "'tfidf'")
    assert watched.place.endswith(" monitor.arm") and not unnamed(watched, "'base'")


def test_a_whole_file_loads(tmp_path: Path):
    project = load(
        tmp_path,
        """
version: 2
name: support
seed: 7
task: {kind: answer, metric: token_f1, slices: [lang]}
data:
  files: {train: [a.csv, b.csv], test: sub/../t.csv}
  columns: {question: q, answer: a}
  encoding: windows-1252
prepare:
  - {kind: repair}
  - {kind: length, max_chars: 100}
split: {leaks: [leak-3fa9c1], group: user}
augment:
  - {kind: noise, share: 0.2}
  - {kind: qa_pairs}
model: smollm2-135m
documents: [handbook]
compare:
  - {kind: majority}
  - {kind: shots, k: 8, select: similar}
  - {kind: rag, top: 2, inner: {kind: lora, rank: 8, learning_rate: 2e-4}}
decide: {price_per_hour: 1, months: 1.5}
""",
    )
    assert project.seed == 7
    assert project.files == {
        "train": [tmp_path / "a.csv", tmp_path / "b.csv"],
        "test": [tmp_path / "t.csv"],
    }
    assert project.document_paths == [tmp_path / "handbook"]
    assert project.work == tmp_path / "work"
    assert project.report_folder == tmp_path / "report"
    assert project.split.leaks == ("leak-3fa9c1",)
    assert list(project.arms) == ["majority", "few-shot-8-similar", "rag-top2-lora-r8-lr2e-4"]
    assert project.compare[2].inner.learning_rate == 2e-4  # type: ignore[attr-defined]
    assert project.weigh.price_per_hour == 1.0
    assert [(one.kind, one.non_defaults()) for one in project.augment] == [
        ("noise", {"share": 0.2}),
        ("qa_pairs", {}),
    ]


def test_yaml_and_back_is_the_same_project(tmp_path: Path):
    first = load(
        tmp_path,
        HEAD + 'name: "yes"\nsplit: {train: 0.6, test: 0.3}\ntask: {labels: ["no", "0123", "a: b",'
        " ä]}\ndocuments: handbook.md\n"
        "prepare: [{kind: near, threshold: 0.7}]\naugment: [{kind: balance, to: 40}]\ncompare: "
        "[{kind: rag, inner: {kind: lora, learning_rate: 1e-5}}, {kind: full, name: all}]\n",
    )
    assert load(tmp_path, first.to_yaml()) == first


@pytest.mark.parametrize(
    "word", ["yes", "no", "on", "off", "y", "1:30", "2024-01-01", "0x1f", "1_000", ".nan", "NaN"]
)
def test_yaml_1_2_leaves_these_words_as_text(word: str):
    # YAML 1.1 makes booleans, 90, a date, 31, 1000 and a float of them.
    assert read(f"a: {word}").value == {"a": word}


@pytest.mark.parametrize(
    ("text", "value"),
    [("1e-4", 1e-4), ("-3", -3), (".5", 0.5), ("3.", 3.0), ("true", True), ("~", None), ("", None)],
)
def test_core_scalars(text: str, value: object):
    found = read(f"a: {text}").value["a"]
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("model", "files", "length"),
    [
        ("smollm2-135m", {}, 8192),
        (
            "base",
            {
                "config": {"max_position_embeddings": 512},
                "tokenizer_config": {"model_max_length": 128},
            },
            512,
        ),
        ("base", {"config": {"text_config": {"max_position_embeddings": 700}}}, 700),
        ("base", {"config": {"max_position_embeddings": 512, "sliding_window": 64}}, 512),
        ("base", {"config": {}, "tokenizer_config": {"model_max_length": 300}}, 300),
        ("base", {"config": {}, "tokenizer_config": {"model_max_length": 10**30}}, 0),
        ("not-here", {}, 0),
        (
            "base",
            {
                "config": {
                    "max_position_embeddings": 512,
                    "rope_scaling": {
                        "rope_type": "yarn",
                        "factor": 4.0,
                        "original_max_position_embeddings": 512,
                    },
                }
            },
            2048,
        ),
    ],
)
def test_a_max_length_beyond_what_the_model_reads_is_told_with_its_line(
    tmp_path: Path, model, files, length
):
    if files:
        (tmp_path / model).mkdir()
    for name, row in files.items():
        (tmp_path / model / f"{name}.json").write_text(json.dumps(row))
    (tmp_path / "notes.md").write_text("# Cards\n")
    strong = "{kind: lora, rank: 2, max_length: 100000}"
    arms = (
        "compare:\n  - {kind: lora}\n"
        f"  - {{kind: router, cheap: {{kind: tfidf}}, strong: {strong}}}\n"
    )
    arms += "documents: [notes.md]\n"
    project = load(tmp_path, HEAD + f"model: {model}\n{arms}")
    if not length:
        assert project.warnings == ()
        return
    (warning,) = project.warnings
    assert warning["code"] == "M170"
    assert (
        warning["text"].startswith("line 7: compare.1.strong.max_length: ")
        and f"{length:,}" in warning["text"]
    )
    assert (
        load(tmp_path, HEAD + f"model: {model}\n{arms.replace('100000', str(length))}").warnings
        == ()
    )


def test_labels_that_look_like_switches_are_text_with_a_warning(tmp_path: Path):
    project = load(tmp_path, HEAD + "task:\n  labels: [yes, 'no', other]\n")
    assert project.aim.labels == ("yes", "no", "other")
    (warning,) = project.warnings
    assert (warning["code"], warning["count"]) == ("C066", 1)
    assert warning["text"].startswith("line 5: task.labels: ") and "'yes'" in warning["text"]


def test_a_path_outside_the_folder_is_said(tmp_path: Path):
    project = load(tmp_path, "data: {files: {data: ../../other.csv}}\n")
    assert [warning["code"] for warning in project.warnings] == ["C080"]
    # Beside the folder is where `assay run other.csv` finds it.
    assert not load(tmp_path, "data: {files: {data: ../other.csv}}\n").warnings


def test_set_changes_what_the_file_says_and_what_it_leaves_out(tmp_path: Path):
    text = HEAD + "compare:\n  - {kind: lora}\n"
    project = load(
        tmp_path,
        text,
        "compare.0.rank=4",
        "seed=3",
        "decide.months=6",
        "task.labels=[a, b]",
        "name=",
    )
    assert list(project.arms) == ["lora-r4"]
    assert (project.seed, project.weigh.months, project.aim.labels, project.name) == (
        3,
        6.0,
        ("a", "b"),
        "",
    )


@pytest.mark.parametrize(
    ("change", "code", "key", "names"),
    [
        ("compare.9.rank=4", "C083", "", ("compare", "'9'", "1")),
        ("version.x=1", "C083", "", ("version", "'x'", "2")),
        ("seed", "C083", "", ("place=value",)),
        ("compare.0.rank=[1", "C064", "", ("','",)),
        ("compare.0.rank=x", "C072", "", ("1", "512", "'x'")),
        ("compare.0.rnk=4", "C071", "", ("'rank'",)),
        ("compare.0={kind: lora, rank: 0}", "C073", "  compare.0.rank", ("1", "512", "0")),
    ],
)
def test_a_wrong_set_names_itself(
    tmp_path: Path, change: str, code: str, key: str, names: tuple[str, ...]
):
    (found,) = faults(tmp_path, HEAD + "compare:\n  - {kind: lora}\n", change)
    assert (found.code, found.place) == (code, f"--set {change}{key}") and not unnamed(
        found, *names
    )


def test_a_large_file_and_a_missing_one(tmp_path: Path):
    (large,) = faults(tmp_path, "#" * 300_000)
    assert not unnamed(large, "300,000", "262,144")
    with problem(ProjectError, "C081", "no.yaml", "no such file"):
        config.load(tmp_path / "no.yaml")


def test_a_bom_is_no_fault(tmp_path: Path):
    (tmp_path / "project.yaml").write_bytes(b"\xef\xbb\xbf" + HEAD.encode())
    assert config.load(tmp_path / "project.yaml").data.files.data == ("tickets.csv",)


@pytest.mark.parametrize(
    ("settings_", "name"),
    [
        ({"kind": "majority"}, "majority"),
        ({"kind": "shots", "k": 0}, "zero-shot"),
        ({"kind": "lora", "rank": 32}, "lora-r32"),
        ({"kind": "lora", "rank": 16}, "lora"),  # the default
        ({"kind": "lora", "learning_rate": 3e-5}, "lora-lr3e-5"),
        ({"kind": "lora", "dropout": 0.05}, "lora-drop5e-2"),
        ({"kind": "lora", "model": "org/Gemma3-270M"}, "lora-org-gemma3-270m"),
        ({"kind": "rag", "inner": {"kind": "shots", "k": 2}}, "rag-few-shot-2"),
        ({"kind": "lora", "name": "mine", "rank": 4}, "mine"),
    ],
)
def test_arm_names(settings_: dict, name: str):
    assert arm_name(config.make_strategy(settings_, {})) == name


def test_a_long_name_is_cut_and_stays_its_own():
    long = {
        "kind": "lora",
        "rank": 8,
        "epochs": 7,
        "batch_size": 4,
        "max_length": 512,
        "model": "some-organisation/model",
    }
    names = {arm_name(config.make_strategy({**long, "epochs": e}, {})) for e in (7, 8)}
    assert len(names) == 2
    assert all(len(name) <= 40 for name in names)


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**15), 10**15)
    | st.floats(allow_nan=False, allow_infinity=False)
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
VALUES = st.recursive(
    SCALARS | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
@example(
    {
        "a": [1e-7, "1e-7", "0123", "~", "yes", "\u2028", "\x85", "#", "a #b", "- x", ""],
        "on": {"": None},
    }
)
def test_what_is_written_is_read_back(value: object):
    source = read(dump(value))
    # Floats longer than 18 characters are refused by the reader, as numbers that a person wrote by
    # mistake.
    if not source.faults:
        assert source.value == value
    else:
        assert {fault.code for fault in source.faults} <= {"C068", "C069"}


@given(
    st.binary(max_size=200) | st.text(string.printable + "é\u2028", max_size=200).map(str.encode)
)
@example(b'a: "\\ud800"\ndata: {files: {data: "\\ud800"}}')
@example(b"data: {files: {data: x}}\ncompare: [{kind: [a]}, {kind: null}, null, 3]")
def test_no_file_brings_a_traceback(tmp_path_factory: pytest.TempPathFactory, data: bytes):
    path = tmp_path_factory.getbasetemp() / "fuzz.yaml"
    path.write_bytes(data)
    try:
        config.load(path)
    except ProjectError as error:
        assert all(problem.code for problem in error.problems)


@pytest.mark.slow
def test_importing_config_loads_no_torch():
    code = (
        "import sys, assay.config; print([m for m in ('torch', 'transformers', 'sklearn',"
        " 'peft') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
