"""The page's scripts answer as the model does, without assay."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.export_models import asked

pytestmark = pytest.mark.slow
PAGE = Path(__file__).parents[4] / "docs" / "export-gguf-onnx.md"
WITHOUT = "import sys\nsys.modules['assay'] = None\n"  # an import of it fails


def script(name):
    (found,) = re.findall(
        rf"<!-- {name} script -->\n```python\n(.*?)```", PAGE.read_text(), re.DOTALL
    )
    return found


def said(code, *arguments):
    command = [sys.executable, "-c", WITHOUT + code, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


@pytest.fixture(scope="module")
def questions():
    return [message.content for _, message in asked(4)]


def meant(model, questions):
    from assay.core.types import Message

    prompts = [
        (Message("system", "Classify the message."), Message("user", text)) for text in questions
    ]
    return [" ".join(answer.text.split()) for answer in model.generate(prompts, max_tokens=16)]


def joined(lines):
    """llama.cpp leaves out a character of which only a part was written."""
    return " ".join(" ".join(lines).replace("\ufffd", "").split())


@pytest.mark.nightly
def test_a_gguf_file_is_asked_by_xllamacpp_alone(
    converter, tiny_model, in_torch, questions, tmp_path
):
    from assay.deployment.export.formats.gguf import write_gguf

    facts = write_gguf(tiny_model, tmp_path, "f16")
    lines = said(script("gguf"), tmp_path / facts["file"], "Classify the message.", *questions)
    assert joined(lines) == joined(meant(in_torch(tiny_model), questions))


@pytest.mark.nightly
def test_a_graph_is_asked_by_onnxruntime_and_a_tokenizer(tiny_model, in_torch, questions, tmp_path):
    pytest.importorskip("onnxscript")
    from assay.deployment.export.formats.onnx import write_onnx

    write_onnx(tiny_model, tmp_path)
    for file in tiny_model.iterdir():
        if file.suffix in (".json", ".jinja"):
            (tmp_path / file.name).write_bytes(file.read_bytes())
    lines = said(script("onnx"), tmp_path, "Classify the message.", *questions)
    assert joined(lines) == joined(meant(in_torch(tiny_model), questions))
