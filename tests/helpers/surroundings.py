"""Changes of what is around a project that has run. Each takes the folder and pytest's monkeypatch,
and gives the folder to use from then on; `SAYS` has what must then be told, or None where nothing
has changed that matters."""

import json
import os
import shutil


def threads(folder, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    return folder


def fewer_processors(folder, monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(64)))
    return folder


def another_extra(folder, monkeypatch):
    """A library that a key covers comes to be installed, or another version of it."""
    place = folder.parent / "site"
    (place / "bitsandbytes-99.9.dist-info").mkdir(parents=True)
    (place / "bitsandbytes-99.9.dist-info" / "METADATA").write_text(
        "Name: bitsandbytes\nVersion: 99.9\n"
    )
    monkeypatch.syspath_prepend(place)
    return folder


def another_processor(folder, monkeypatch):
    return _noted(folder, lambda data: data["numeric"].update(processor="sse4_2"))


def a_switch(folder, monkeypatch):
    monkeypatch.setenv("MKL_CBWR", "COMPATIBLE")
    return folder


def _noted(folder, change):
    file = folder / "report" / "measured.json"
    data = json.loads(file.read_text())
    change(data)
    file.write_text(json.dumps(data))
    return folder


def older_torch(folder, monkeypatch):
    return _noted(folder, lambda data: data["numeric"].update(torch="2.0.0"))


def a_graphics_card(folder, monkeypatch):
    return _noted(folder, lambda data: data["numeric"].update(gpu="NVIDIA T4"))


def older_assay(folder, monkeypatch):
    return _noted(folder, lambda data: data.update(assay="0.0.1"))


def a_row_appended(folder, monkeypatch):
    with (folder / "train.jsonl").open("a") as file:
        file.write('{"text": "an invoice for a novel", "label": "pay", "part": "odd"}\n')
    return folder


def a_test_row_edited(folder, monkeypatch):
    lines = (folder / "test.jsonl").read_text().splitlines()
    row = json.loads(lines[0])
    lines[0] = json.dumps({**row, "text": row["text"] + " !"})
    (folder / "test.jsonl").write_text("\n".join(lines) + "\n")
    return folder


def data_moved(folder, monkeypatch):
    (folder / "data").mkdir()
    for name in ("train.jsonl", "test.jsonl"):
        (folder / name).rename(folder / "data" / name)
    return folder


def data_deleted(folder, monkeypatch):
    for name in ("train.jsonl", "test.jsonl"):
        (folder / name).unlink()
    return folder


def data_moved_and_said(folder, monkeypatch):
    data_moved(folder, monkeypatch)
    return _rewritten(
        folder,
        "train: train.jsonl, test: test.jsonl",
        "train: data/train.jsonl, test: data/test.jsonl",
    )


def copied(folder, monkeypatch):
    new = folder.parent / "elsewhere" / "deeper" / "copy"
    shutil.copytree(folder, new)
    shutil.rmtree(folder)
    return new


def renamed(folder, monkeypatch):
    return folder.rename(folder.with_name("another name"))


def another_place_and_zone(folder, monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    monkeypatch.setenv("LC_ALL", "tr_TR.UTF-8")
    monkeypatch.setenv("LANG", "tr_TR.UTF-8")
    return folder


def _rewritten(folder, old, new):
    file = folder / "project.yaml"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))
    return folder


def another_seed(folder, monkeypatch):
    return _rewritten(folder, "seed: 3", "seed: 4")


def another_instruction(folder, monkeypatch):
    return _rewritten(folder, "task: {", "task: {instruction: Say what it is about., ")


def another_step(folder, monkeypatch):
    return _rewritten(folder, "compare:", "prepare: [{kind: repair}, {kind: dedupe}]\ncompare:")


def another_base(folder, monkeypatch):
    file = folder / "project.yaml"
    lines = file.read_text().splitlines()
    file.write_text(
        "\n".join("model: smollm2-135m" if one.startswith("model:") else one for one in lines)
        + "\n"
    )
    return folder


def arm_left_out(folder, monkeypatch):
    _rewritten(folder, "  - {kind: shots, k: 0}\n", "")
    return _rewritten(folder, "  - {kind: tfidf}\n", "")


def arm_changed(folder, monkeypatch):
    _rewritten(folder, "{kind: shots, k: 0}", "{kind: shots, k: 3, name: zero-shot}")
    return _rewritten(folder, "{kind: tfidf}", "{kind: tfidf, c: 3, name: tfidf}")


SAYS = {
    threads: "threads 1, now 3",
    fewer_processors: "now 64",
    another_extra: "now 99.9",
    another_processor: "processor ",
    a_switch: "MKL_CBWR",
    older_torch: "torch 2.0.0, now ",
    a_graphics_card: "gpu NVIDIA T4",
    older_assay: "assay 0.0.1",
    a_row_appended: "train.jsonl has changed",
    a_test_row_edited: "test.jsonl has changed",
    data_moved: "train.jsonl is not there",
    data_deleted: "test.jsonl is not there",
    data_moved_and_said: "data.files",
    copied: None,
    renamed: None,
    another_place_and_zone: None,
    another_seed: "seed",
    another_instruction: "task.instruction",
    another_step: "prepare",
    another_base: "model",
    arm_left_out: "names no strategy",
    arm_changed: "other settings for",
}
