"""What a strategy warned of stands in the report of every later run that finds its stages done."""

import json
import shutil

import pytest

import assay
from helpers.toy import build

# Rows are longer than that: they are cut, which is D048.
ARMS = """
compare:
  - {kind: majority}
  - {kind: lora, rank: 2, epochs: 1, max_length: 24}
"""


def warned(folder) -> list[dict]:
    report = json.loads((folder / "report" / "report.json").read_text())
    return report["warnings"]


@pytest.mark.slow
def test_a_run_that_finds_its_stages_done_warns_as_the_first_did(tmp_path, tiny_model):
    folder = build(tmp_path / "toy", tiny_model, ARMS)
    assay.run(folder)
    first = warned(folder)
    assert "D048" in [one["code"] for one in first]
    assay.run(folder)  # all is cached
    assert warned(folder) == first
    shutil.rmtree(folder / "work" / "answers")
    assay.run(folder)  # the fit is cached, the questions are asked again
    assert warned(folder) == first
