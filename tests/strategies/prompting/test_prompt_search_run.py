"""A search over prompts as an arm of a project: report, exported prompt, the prompt given back, the
plan."""

import json
import shutil

import pytest

import assay
from assay.strategies.prompting.prompt_file import read_prompt
from helpers.toy import build

pytestmark = pytest.mark.slow

INNER = "inner: {kind: shots, k: 2}"
ARMS = f"""
compare:
  - {{kind: shots, k: 2, name: by-hand}}
  - {{kind: prompt_search, name: found, calls: 100, proposals: 2, bootstrap: 6, similar: false,
     {INNER}}}
"""


@pytest.mark.nightly
def test_the_report_says_what_the_search_gained_and_the_prompt_can_be_given_back(
    tmp_path, tiny_model
):
    folder = build(tmp_path / "project", tiny_model, ARMS)
    told: list[dict] = []
    assay.run(folder, tell=told.append)
    report = json.loads((folder / "report/report.json").read_text())
    found = next(one for one in report["strategies"] if one["name"] == "found")
    assert found["fit"]["word"] in ("prompt found", "prompt as given")
    assert "hand-given" in found["fit"]["text"] and "100 calls" in found["fit"]["text"].replace(
        "99 ", "100 "
    )
    if found["fit"]["word"] == "prompt found":
        assert (
            "On the 30 test rows it" in found["fit"]["text"]
            and "(strategy by-hand)" in found["fit"]["text"]
        )
    assert found["fit"]["text"] in (folder / "report/report.md").read_text()
    assert "found: its prompt lies in report/prompts/found.md" in [
        e.get("text") for e in told if e["event"] == "note"
    ]
    counted = [e for e in told if e["event"] == "progress" and e["unit"] == "call"]
    assert counted and counted[-1]["done"] <= counted[-1]["total"] == 100

    prompt = read_prompt(folder / "report/prompts/found.md")
    assert len(prompt.examples) <= 2
    shutil.copy(folder / "report/prompts/found.md", folder / "mine.md")
    file = folder / "project.yaml"
    file.write_text(
        file.read_text() + f"  - {{kind: prompt_search, name: given, prompt: mine.md, {INNER}}}\n"
    )
    assay.run(folder, only=["found", "given"])
    first, second = (
        (folder / f"report/predictions/{name}.jsonl").read_bytes() for name in ("found", "given")
    )
    assert first == second
    assert (folder / "report/past/1/prompts/found.md").exists()
    # The key is made from what the file says: an edited prompt is another arm.
    (folder / "mine.md").write_text(f"---\nk: 0\n---\n\n{prompt.wording.instruction} Now.\n")
    report = assay.run(folder, only=["given"])
    assert report.arms[0].note == "the prompt was given: nothing was searched."


@pytest.mark.nightly
def test_the_plan_counts_the_calls_without_asking_them(tmp_path, tiny_model):
    folder = build(tmp_path / "project", tiny_model, ARMS)
    rows = {row["name"]: row for row in assay.plan(folder).rows}
    parts = rows["found"]["parts"]
    # Both from one measured speed: 100 calls in the search, 30 answers to the test rows.
    assert parts["search"][0] > parts["answers"][0] > 0
    assert not list((folder / "work").rglob("val.jsonl"))[1:]  # the split's own, no search's
