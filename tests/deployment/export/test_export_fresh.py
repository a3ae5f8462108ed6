"""Exports in an environment that has no assay: they load, and answer the test questions as the arm
does.

The environment is made once, in $ASSAY_FRESH or beside the temporary folders, from the versions
installed here. Where the packages cannot be had, the tests are skipped with the last line of
pip."""

import json
import os
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import pytest

from assay.config import make_strategy
from assay.deployment.export.formats import FORMATS
from assay.deployment.export.formats.greedy_answers import decoding
from assay.deployment.export.formats.index_script import LINES
from assay.deployment.export.formats.source import require_prompted
from helpers.exporting import fitted, source_of

FORM = {one.name: one for one in FORMATS}
PACKAGES = ("torch", "transformers", "peft", "safetensors", "numpy", "snowballstemmer")
QUICK = {"epochs": 6, "batch_size": 12, "val_rows": 4, "learning_rate": 1e-2}
KINDS = {
    "lora": {"kind": "lora", "rank": 4, **QUICK},
    "dora": {"kind": "dora", "rank": 4, **QUICK},
    "qlora": {"kind": "qlora", "rank": 4, **QUICK},
    "full": {"kind": "full", **QUICK, "learning_rate": 3e-3},
}
# What somebody without assay writes: nothing here imports it, and the first line says that nothing
# could.
SCRIPT = """
import importlib.util, json, sys
assert importlib.util.find_spec("assay") is None, "assay can be imported here"
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig
folder, kind = sys.argv[1], sys.argv[2]
if kind == "peft":
    from peft import AutoPeftModelForCausalLM as Auto
else:
    Auto = AutoModelForCausalLM
model = Auto.from_pretrained(folder, dtype=torch.float32).eval()
tokenizer = AutoTokenizer.from_pretrained(folder)
settings = GenerationConfig.from_pretrained(folder)
for line in sys.stdin:
    row = tokenizer.apply_chat_template(
        json.loads(line), add_generation_prompt=True, return_tensors="pt", return_dict=True
    )
    out = model.generate(**row, generation_config=settings)[0, row["input_ids"].shape[1]:]
    print(json.dumps(tokenizer.decode(out, skip_special_tokens=True).strip()))
"""
pytestmark = [
    pytest.mark.real,
    pytest.mark.usefixtures("one_thread"),
    pytest.mark.filterwarnings("ignore"),
]


@pytest.fixture(scope="session")
def fresh():
    """The interpreter of an environment without assay."""
    named = "-".join(f"{name}{version(name)}" for name in ("torch", "transformers", "peft"))
    place = Path(
        os.environ.get("ASSAY_FRESH") or Path(tempfile.gettempdir()) / f"assay-fresh-{named}"
    )
    python = place / "bin" / "python"
    if not (place / "whole").exists():
        subprocess.run([sys.executable, "-m", "venv", str(place)], check=True)
        wanted = [f"{name}=={version(name)}" for name in PACKAGES]
        done = subprocess.run(
            [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", *wanted],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["no message"])[-1]
            pytest.skip(f"the packages of a fresh environment cannot be had: {last}")
        (place / "whole").write_text(named)
    return python


def run(python, arguments, lines):
    """The answers that a script prints, one JSON text a line."""
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [str(python), "-W", "ignore", *map(str, arguments)],
        input="".join(json.dumps(line) + "\n" for line in lines),
        capture_output=True,
        text=True,
        check=False,
        cwd=tempfile.gettempdir(),
        env={**clean, "HF_HUB_OFFLINE": "1"},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return [json.loads(line) for line in done.stdout.splitlines()]


def share(first, second):
    return sum(a == b for a, b in zip(first, second, strict=True)) / len(first)


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("name", "form"),
    [(n, f) for n in KINDS for f in ("peft", "merged") if (n, f) != ("full", "peft")],
)
def test_a_model_answers_the_same_without_assay(fresh, lesson, tiny_model, tmp_path, name, form):
    given, strategy = lesson("classify"), make_strategy(KINDS[name], {})
    fitted(strategy, given, tmp_path / "arm")
    source = source_of(strategy, given, tmp_path / "arm", tiny_model, tmp_path / "out")
    source.out.mkdir()
    FORM[form].write(source, source.out, lambda event: None)
    questions = [row.question for row in (*given.val, *given.train)]
    arm = source.open()
    sent = [
        [{"role": m.role, "content": m.content} for m in arm.prompt(question)]
        for question in questions
    ]
    (tmp_path / "ask.py").write_text(SCRIPT)
    theirs = run(fresh, [tmp_path / "ask.py", source.out, form], sent)
    ours = [answer.text for answer in decoding(arm).answer(questions)]
    assert share([arm.reading.lenient(text) for text in theirs], ours) >= 0.995
    assert sum(text is not None for text in ours) > len(ours) / 2


@pytest.mark.parametrize(
    ("find", "inner"),
    [
        ("dense", "lora"),
        pytest.param("bm25", "lora", marks=pytest.mark.nightly),
        pytest.param("bm25", "in 8 bits", marks=pytest.mark.nightly),
    ],
)
@pytest.mark.nightly
def test_an_index_answers_the_same_without_assay(fresh, lesson, tiny_model, tmp_path, find, inner):
    given = lesson("answer")
    inside = {"lora": KINDS["lora"], "in 8 bits": {"kind": "quantise", "inner": KINDS["lora"]}}[
        inner
    ]
    strategy = make_strategy({"kind": "rag", "top": 2, "find": find, "inner": inside}, {})
    fitted(strategy, given, tmp_path / "arm")
    source = source_of(strategy, given, tmp_path / "arm", tiny_model, tmp_path / "out")
    assert not list(FORM["index"].refuses(source))
    source.out.mkdir()
    FORM["index"].write(source, source.out, lambda event: None)
    assert len((source.out / "ask.py").read_text().splitlines()) <= LINES == 40
    questions = [row.question for row in (*given.val, *given.train)]
    arm = source.open()
    theirs = run(fresh, [source.out / "ask.py"], [question.text for question in questions])
    ours = [answer.text for answer in decoding(arm).answer(questions)]
    assert (
        share([require_prompted(arm.inner, "arm").reading.lenient(text) for text in theirs], ours)
        >= 0.99
    )
