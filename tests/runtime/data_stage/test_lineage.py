import json

import pytest

from assay.cli.main import command
from assay.core.store import to_json


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project that was checked: rows 2 and 3 are copies, row 4 is repaired, row 5 is empty."""
    folder = tmp_path_factory.mktemp("lineage") / "tickets"
    folder.mkdir()
    texts = ["where is my card now", "Where is my card, now?", "my  parcel is late", ""]
    texts += [f"question number {n} about item {n * 7919 % 10007}" for n in range(60)]
    rows = [{"text": text, "label": "ab"[at % 2 if at > 1 else 0]} for at, text in enumerate(texts)]
    (folder / "rows.jsonl").write_text("".join(to_json(row) + "\n" for row in rows))
    (folder / "project.yaml").write_text(
        "data: {files: {data: rows.jsonl}, columns: {text: text, label: label}}\n"
        "prepare: [{kind: repair}, {kind: length}, {kind: dedupe}]\n"
    )
    assert command(["check", str(folder), "--quiet"]) == 0
    return str(folder)


def said(capsys, *words):
    capsys.readouterr()
    code = command(["report", *words])
    captured = capsys.readouterr()
    return code, captured.out.splitlines(), captured.err.splitlines()


def test_the_ledger_begins_with_what_each_step_did(project, capsys):
    _, out, _ = said(capsys, project, "--ledger")
    assert out[:8] == [
        "        rows  changed  dropped  left",
        "repair    64        1        0    64",
        "length    64        0        1    63",
        "dedupe    63        0        1    62",
        "",
        "      1 dropped by dedupe: same text",
        "      1 changed by repair: white space",
        "      1 dropped by length: empty",
    ]
    assert out[8:] == [
        "rows.jsonl:2  dropped by dedupe: same text (kept rows-1)",
        "rows.jsonl:3  changed by repair: white space",
        "rows.jsonl:4  dropped by length: empty",
    ]


def test_the_ledger_of_one_step_or_place(project, capsys):
    assert said(capsys, project, "--step", "length")[1][1:] == [
        "rows.jsonl:4  dropped by length: empty"
    ]
    assert said(capsys, project, "--place", "rows.jsonl:3")[1][1:] == [
        "rows.jsonl:3  changed by repair: white space"
    ]
    assert len(said(capsys, project, "--place", "rows.jsonl")[1]) == 6
    assert said(capsys, project, "--place", "rows.jsonl:60")[1] == [
        "No row was dropped or changed."
    ]
    code, _, err = said(capsys, project, "--step", "dedup")
    assert (code, err[0]) == (
        2,
        "C060 --step: the ledger has nothing of a step 'dedup'; did you mean 'dedupe'?",
    )
    code, _, err = said(capsys, project, "--place", "row.jsonl")
    assert code == 2 and err[0].endswith("did you mean 'rows.jsonl'?")


@pytest.mark.parametrize("name", ["rows-1", "rows.jsonl:1"])
def test_the_way_of_a_row_that_stands_for_another(project, capsys, name):
    _, out, _ = said(capsys, project, "--row", name)
    assert out[:2] == ["rows-1  rows.jsonl:1", "  unchanged"]
    assert out[2] in ("  in train", "  in val", "  in test")
    assert out[3:] == [
        "  stands for rows-2  rows.jsonl:2: same text",
        "",
        "  | where is my card now",
    ]


def test_the_way_of_a_row_that_was_dropped_or_changed(project, capsys):
    assert said(capsys, project, "--row", "rows-2")[1] == [
        "rows-2  rows.jsonl:2",
        "  dropped by dedupe: same text (kept rows-1)",
        "  in no split",
    ]
    assert said(capsys, project, "--row", "rows-3")[1][-1] == "  | my parcel is late"
    code, _, err = said(capsys, project, "--row", "rows-99")
    assert (code, err[0]) == (2, "C060 --row: there is no row 'rows-99'")


def test_the_way_of_a_row_as_json(project, capsys):
    way = json.loads("\n".join(said(capsys, project, "--row", "rows-2", "--json")[1]))
    assert (
        way["file"],
        way["line"],
        way["split"],
        way["text"],
        way["parents"],
        way["children"],
    ) == (
        "rows.jsonl",
        2,
        "",
        "",
        [],
        [],
    )
    assert [line["step"] for line in way["history"]] == ["dedupe"]
