"""Arms whose model is behind an address: what they may be, and what they cost."""

import pytest

from assay.config import load
from assay.core.corrupt_files import silent
from assay.core.errors import ModelError
from assay.core.types import Answer, Example, Message, Record
from assay.decision.finished_arm import Arm
from assay.runtime.costs.remote import endpoints, money, refuse_remote, remote_warnings

PROJECT = """
version: 2
data: {files: {data: rows.jsonl}}
model: there
remote:
  there: {url: 'http://127.0.0.1:9', model: m, price: {prompt: 2, answer: 8}}
  free: {url: 'http://127.0.0.1:9', model: n}
compare:
"""


@pytest.fixture
def project(tmp_path):
    def make(*arms, more="", remote=""):
        text = "".join(f"  - {arm}\n" for arm in arms)
        head = PROJECT.replace("compare:\n", f"{remote}compare:\n")
        (tmp_path / "project.yaml").write_text(head + text + more)
        return load(tmp_path / "project.yaml")

    return make


def test_a_remote_model_is_asked_and_not_trained(project):
    refuse_remote(*of(project("{kind: shots, k: 0}", "{kind: majority}")))
    with pytest.raises(ModelError) as refused:
        inside = "{kind: rag, inner: {kind: lora, model: free}}"
        refuse_remote(*of(project("{kind: lora}", inside, more="documents: [notes.md]\n")))
    # Every place is named at once, inner arms among them.
    assert [problem.code for problem in refused.value.problems] == ["M064", "M064"]
    assert "there" in refused.value.problems[0].text
    assert "free" in refused.value.problems[1].text


def of(project):
    return project, project.arms


def test_its_likelihoods_of_the_test_rows_cannot_be_read(project):
    asked = project("{kind: shots, k: 0}", more="evaluate: {contamination: true}\n")
    with pytest.raises(ModelError) as refused:
        refuse_remote(*of(asked))
    assert refused.value.problems[0].place == "evaluate.contamination"


def test_an_answer_costs_its_tokens_at_the_endpoints_price(project):
    asked = project("{kind: shots, k: 0}", "{kind: shots, k: 0, model: free}", "{kind: majority}")
    paid, free, floor = asked.compare
    answers = [Answer("a", prompt_tokens=900, tokens=100), Answer("b", prompt_tokens=1100)]
    # 2,000 tokens at 2 a million, 100 at 8 a million, over two answers
    assert money(asked, paid, answers) == pytest.approx((2000 * 2 + 100 * 8) / 1e6 / 2)
    assert money(asked, free, answers) is None and money(asked, floor, answers) is None
    assert list(endpoints(asked, paid)) == ["there"] and endpoints(asked, floor) == {}


def test_an_arm_that_asks_two_services_is_charged_the_higher_price_of_its_tokens(project):
    # 2,000 tokens of prompts and 100 of answers: at 2 and 8 a million .0048, at 1 and 50 .0070.
    more = "  costly: {url: 'http://127.0.0.1:9', model: o, price: {prompt: 1, answer: 50}}\n"
    both = "{kind: router, cheap: {kind: shots, k: 0, model: %s}, strong: {kind: shots, model: %s}}"
    pairs = [("there", "costly"), ("costly", "there"), ("free", "costly"), ("there", "free")]
    asked = project(*(both % pair for pair in pairs), remote=more)
    answers = [Answer("a", prompt_tokens=900, tokens=100), Answer("b", prompt_tokens=1100)]
    found = [money(asked, arm, answers) for arm in asked.compare]
    assert found == pytest.approx([0.0070 / 2, 0.0070 / 2, 0.0070 / 2, 0.0048 / 2])
    # Long prompts make the other one the costlier: 4,000 at 2 are .0080, at 1 they are .0040.
    prompts = [Answer("a", prompt_tokens=4000)]
    assert money(asked, asked.compare[0], prompts) == pytest.approx(0.0080)


def test_refused_answers_are_said_with_their_number(project):
    asked = project("{kind: shots, k: 0}")
    question = Example("r", (Message("user", "?"),))
    records = [Record(question, "a", (), Answer(None, refused=at < 2)) for at in range(5)]
    (told,) = remote_warnings(asked, {}, [Arm("zero-shot", "shots", records=records)], silent)
    assert (told["code"], told["count"]) == ("M065", 2)
