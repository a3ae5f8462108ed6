"""A project that anonymises writes and says nothing of its raw rows, at training, at serving and
when it fails."""

import gzip
import json
import shutil

import pytest

import assay
from assay import pipeline
from assay.config import load
from assay.core.corrupt_files import silent
from assay.core.errors import DataError, LeakError, UsageError
from assay.core.types import Example, Message
from assay.data.split_manifest import text_hash
from assay.deployment.answer_file import answer_file
from assay.runtime.data_stage.prepare import prepare
from assay.runtime.data_stage.redaction import MARK, Veil, key_of
from helpers.nights import nightly_but
from helpers.toy import rows, write_rows

pytestmark = pytest.mark.slow

MAIL = "jo.do@acme.com"
STEP = "{kind: anonymise, names: none}"


def build(folder, step=STEP, more="", change=lambda values: values):
    folder.mkdir()
    values = rows(66)
    for number, row in enumerate(values):
        row["text"] += f" for jo.do{number}@acme.com"
    write_rows(folder / "rows.jsonl", change(values))
    (folder / "project.yaml").write_text(
        "version: 2\nname: toy\ndata: {files: {data: rows.jsonl}, columns: {text: text, label: "
        f"label}}}}\nprepare: [{step}]\n{more}compare: [{{kind: majority}}, {{kind: tfidf}}]\n"
    )
    return folder / "project.yaml"


def written(folder):
    files = [
        p for top in ("work", "exam", "report") for p in (folder / top).rglob("*") if p.is_file()
    ]
    return "\n".join(p.read_bytes().decode("utf-8", "replace") for p in files)


def code(error):
    return error.value.problems[0].code


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    path = build(tmp_path_factory.mktemp("veiled") / "toy")
    pipeline.run(load(path), offline=True)
    return path


def test_a_project_without_the_step_writes_what_it_reads(tmp_path):
    path = build(tmp_path / "toy", "{kind: repair}")
    prepare(load(path), silent)
    assert "acme.com" in written(path.parent)
    assert (
        not (path.parent / "anonymise.key").exists() and not (path.parent / "work" / MARK).exists()
    )


def test_a_run_writes_nothing_raw_and_makes_a_key(ran):
    assert "acme.com" not in written(ran.parent)
    assert (ran.parent / "anonymise.key").stat().st_mode & 0o777 == 0o600
    assert key_of(load(ran)).hex() not in written(ran.parent)


def test_a_question_is_anonymised_as_the_rows_were(ran, tmp_path):
    from assay.deployment.questions import prepare_question

    project = load(ran)
    asked = prepare_question(project, Example("q", (Message("user", "jo.do3@acme.com"),))).text
    # The key is new every time, and with it what falls into train, val and test.
    parts = [*ran.parent.glob("work/curate/*/*.jsonl"), *ran.parent.glob("exam/rows/*/*.jsonl")]
    assert asked.endswith(".example") and any(asked in part.read_text() for part in parts)
    write_rows(tmp_path / "new.jsonl", [{"text": f"book loan shelf {MAIL}"}])
    out = tmp_path / "out.jsonl"
    answer_file(ran.parent, "tfidf", tmp_path / "new.jsonl", out, offline=True)
    assert "acme.com" not in written(ran.parent) + out.read_text()
    assert json.loads(out.read_text())["answer"] == "lend"
    assert assay.load(ran.parent, "tfidf").answer([f"book loan shelf {MAIL}"])[0].text == "lend"


def test_a_lost_key_is_said_and_never_made_anew(tmp_path):
    path = build(tmp_path / "toy")
    project = load(path)
    first = prepare(project, silent)
    key = path.parent / "anonymise.key"
    kept = key.read_bytes()
    assert prepare(project, silent).cached
    key.unlink()
    for again in (
        lambda: prepare(project, silent),
        lambda: prepare(project, silent, new_key=False),
    ):
        with pytest.raises(DataError) as error:
            again()
        assert code(error) == "D070" and not key.exists()
    key.write_text("cd" * 32)
    key.chmod(0o600)
    other = prepare(project, silent)
    assert other.folder != first.folder and other.hashes["train"] != first.hashes["train"]
    key.write_bytes(kept)
    assert prepare(project, silent).folder == first.folder


@pytest.mark.parametrize("place", ["work/a.key", "exam/a.key", "report/a.key", "../toy/work/a.key"])
def test_a_key_among_the_results_is_refused(tmp_path, place):
    path = build(tmp_path / "toy", f"{{kind: anonymise, names: none, key_file: {place}}}")
    with pytest.raises(UsageError) as error:
        prepare(load(path), silent)
    assert code(error) == "D073"


def test_a_table_among_the_results_and_two_keys_are_refused(tmp_path):
    one = build(tmp_path / "one", "{kind: anonymise, names: none, table: work/t}")
    two = build(tmp_path / "two", f"{STEP}, {{kind: anonymise, names: none, key_file: other.key}}")
    for path in (one, two):
        with pytest.raises(UsageError) as error:
            prepare(load(path), silent)
        assert code(error) == "D073"


def test_the_list_of_leaks_names_rows_and_quotes_none(tmp_path):
    path = build(tmp_path / "toy")
    for name in ("train", "test"):
        more = rows(31 if name == "test" else 30, 1000 if name == "test" else 0)
        write_rows(
            path.parent / f"{name}.jsonl",
            [*more, {"text": f"note: a room for: {MAIL}", "label": "meet"}],
        )
    text = path.read_text().replace("{data: rows.jsonl}", "{train: train.jsonl, test: test.jsonl}")
    path.write_text(text)
    with pytest.raises(LeakError) as error:
        prepare(load(path), silent)
    excerpt = error.value.problems[0].excerpt
    assert (
        code(error) == "D050"
        and "exact 1.00  test.jsonl:32 ~ train.jsonl:31" in excerpt
        and "room" not in excerpt
    )
    assert "acme" not in str(error.value) and "acme" not in written(path.parent)


def plain_hashes(values):
    """What anybody can make of a guess at the rows' texts."""
    read = (Example("x", (Message("user", row["text"]),)) for row in values)
    return {text_hash(one) for one in read}


def test_hashes_of_raw_rows_cannot_be_compared_with_guesses(tmp_path):
    kept = []
    guesses = []
    path = build(tmp_path / "toy", change=lambda values: guesses.extend(values) or values)
    for _ in range(2):
        prepared = prepare(load(path), silent)
        kept.append((prepared.private_folder / "splits.csv").read_text())
        shutil.rmtree(path.parent / "exam")
    assert kept[0] == kept[1] and not {
        line.split(",")[2] for line in kept[0].splitlines()
    } & plain_hashes(guesses)
    plain = build(tmp_path / "plain", "{kind: repair}")
    text = (prepare(load(plain), silent).private_folder / "splits.csv").read_text()
    assert plain_hashes(guesses) == {line.split(",")[2] for line in text.splitlines()[1:]}


def test_a_split_that_was_saved_holds_whether_it_was_keyed_or_not(tmp_path):
    plain, path = build(tmp_path / "plain", "{kind: repair}"), build(tmp_path / "toy")
    saved = [prepare(load(one), silent) for one in (plain, path)]
    text = path.read_text()
    for number, one in enumerate(saved):
        (path.parent / f"split{number}.csv").write_text(
            (one.private_folder / "splits.csv").read_text()
        )
        path.write_text(f"{text}split: {{manifest: split{number}.csv, leaks: repair, near: 1.0}}\n")
        again = prepare(load(path), silent)
        assert [row.id for row in again.examples("test")] == [
            row.id for row in one.examples("test")
        ]


PACKED = "mails/anna.berg@acme.com.jsonl.gz"


@pytest.mark.parametrize("name", nightly_but([PACKED], ["anna.berg@acme.com.jsonl", PACKED]))
def test_a_file_that_is_named_after_a_person_is_named_so_nowhere(tmp_path, name):
    path = build(tmp_path / "toy", more="split: {leaks: repair}\n")
    place = path.parent / name
    place.parent.mkdir(exist_ok=True)
    data = (path.parent / "rows.jsonl").read_bytes()
    # the ledger has lines, too
    data += data.splitlines(keepends=True)[3] + b'{"text": "", "label": "pay"}\n'
    place.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    path.write_text(
        path.read_text().replace("rows.jsonl", name).replace(STEP, f"{STEP}, {{kind: dedupe}}")
    )
    report = assay.run(path.parent)
    (path.parent / "report" / "measured.json").unlink()  # the project file as it ran, whole
    text = written(path.parent)
    assert "berg" not in text.lower() and "acme" not in text.lower() and "file-" in text
    ids = [row.id for row in prepare(load(path), silent).examples("test")]
    assert len(set(ids)) == len(ids) == report.data["rows"]["test"]
    card = assay.check(path.parent).card(tmp_path / "card.md").read_text()
    assert "acme" not in card and "file-" in card


def test_a_bug_says_nothing_of_the_row(tmp_path):
    veil = Veil(load(build(tmp_path / "toy")), b"k" * 32)
    with pytest.raises(RuntimeError) as error, veil:
        raise KeyError(MAIL)
    assert "KeyError" in str(error.value) and MAIL not in str(error.value)
    assert error.value.__suppress_context__


def test_labels_of_a_classification_stay_and_answers_do_not(tmp_path):
    def named(values):
        return [{**row, "label": f"{row['label']}@acme.com"} for row in values]

    path = build(tmp_path / "toy", change=named)
    assert prepare(load(path), silent).task.labels == (
        "lend@acme.com",
        "meet@acme.com",
        "pay@acme.com",
    )
    other = build(tmp_path / "other", more="task: {kind: answer}\n", change=named)
    prepared = prepare(load(other), silent)
    assert all((row.target or "").endswith(".example") for row in prepared.examples("train"))


def test_ids_groups_and_slices_that_name_people_do_not_stay(tmp_path):
    def named(values):
        return [
            {
                **row,
                "id": f"jo{i}@acme.com",
                "customer": f"Ann Berg {i % 30}",
                "part": "a" if i % 2 else MAIL,
            }
            for i, row in enumerate(values)
        ]

    path = build(
        tmp_path / "toy", change=named, more="split: {group: customer}\ntask: {slices: [part]}\n"
    )
    path.write_text(path.read_text().replace("label: label}", "label: label, id: id}"))
    prepare(load(path), silent)
    text = written(path.parent)
    assert "acme.com" not in text and "Ann Berg" not in text and "group-" in text and "row-" in text
