"""The adapters of a project from Python, and the page about them."""

import re
import shutil
from pathlib import Path

import pytest

import assay
from assay.core.errors import ModelError, UsageError
from assay.deployment.adapters import folder_of, merge_adapter, share_base

pytestmark = pytest.mark.slow
ARM = "lora-r4-e2-drop1e-1"
PAGE = Path(__file__).parents[2] / "docs" / "adapters.md"
QUESTIONS = ["a bill about the fee", "a novel from the shelf", "the door of the room"]


@pytest.fixture
def project(finished, tmp_path):
    return shutil.copytree(finished, tmp_path / "project")


def test_a_fitted_arm_is_found_merged_and_shared(project):
    alone = assay.load(project, ARM)
    wanted = [(one.text, one.confidence) for one in alone.answer(QUESTIONS)]
    assert (folder_of(project, ARM) / "adapter_model.safetensors").exists()
    network = merge_adapter(project, ARM).network
    assert not [name for name in network.state_dict() if "lora" in name]
    many, arms = share_base(project, [ARM, "zero-shot"])
    assert many.names == (ARM,)
    from assay.core.types import Example, Message

    rows = [Example(str(i), (Message("user", text),)) for i, text in enumerate(QUESTIONS)]
    found = [(one.text, one.confidence) for one in arms[ARM].answer(rows)]
    for own, other in zip(wanted, found, strict=True):
        assert own[0] == other[0] and own[1] == pytest.approx(other[1], abs=2e-3)
    plain = assay.load(project, "zero-shot").answer(QUESTIONS)
    assert [one.text for one in arms["zero-shot"].answer(rows)] == [one.text for one in plain]


def test_what_is_not_there_or_no_adapter_is_said(project):
    with pytest.raises(UsageError) as caught:
        folder_of(project, "lorra")
    assert caught.value.problems[0].code == "C083"
    with pytest.raises(ModelError) as refused:
        merge_adapter(project, "tfidf")
    assert refused.value.problems[0].code == "M110"
    with pytest.raises(ModelError) as none:
        share_base(project, [])
    assert none.value.problems[0].code == "M114"


def test_the_page_runs_in_the_folder_of_a_project(project, monkeypatch):
    """With one trained arm in place of the two that the page names."""
    monkeypatch.chdir(project)
    names: dict = {}
    for block in re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.S):
        block = block.replace('"lora-r8"', f'"{ARM}"').replace('"lora"', f'"{ARM}"')
        exec(block, names)
    assert Path("merged/model.safetensors").exists()
    assert names["many"].names == (ARM, "mail")
