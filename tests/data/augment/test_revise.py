"""Answers revised by rules: what is kept, what it becomes, and that nothing else moves."""

import json

import pytest

from assay.core.types import Dropped, Example, Made, Means, Message
from assay.data.augment.revise import CRITIC, EDITOR, Revise
from assay.data.augment.run import make_rows
from assay.runtime.data_stage.prepare import prepare
from helpers.small_projects import load_project

POLICY = """
## Calm
No exclamation mark.
```yaml check
lacks: '!'
```
## Short
At most four words.
```yaml check
max_words: 4
```
"""


def row(name, text, target, **more):
    return Example(name, (Message("user", text),), target, **more)


ROWS = [
    row("loud", "Where is my parcel?", "It is on the way!"),
    row("long", "Can I cancel?", "Yes, until noon and not an hour later!"),
    row("fine", "Are you open?", "We are."),
    row("stuck", "Is it dead?", "No!"),
    row("none", "Do you post to Skye?", ""),
]


class Editor:
    """Answers by what it is asked for; `asked` has the system turns in order."""

    def __init__(self, edit):
        self.edit = edit
        self.asked = []

    def __call__(self, prompts, max_tokens):
        self.asked += [prompt[0].content for prompt in prompts]
        return [self._one(prompt) for prompt in prompts]

    def _one(self, prompt):
        if prompt[0].content == CRITIC:
            return "It breaks the rule."
        if prompt[0].content != EDITOR:
            return "Yes, we do!"
        old = prompt[-1].content.partition("Answer:\n")[2].partition("\n\nRule:")[0]
        return self.edit(old, "Short" if "- Short:" in prompt[-1].content else "Calm")


def mend(old, rule):
    if old == "No!":
        return "No! It is not!"
    return " ".join(old.split()[:3]) if rule == "Short" else old.replace("!", ".")


def made(step, rows=ROWS, edit=mend):
    return list(step.make(rows, Means(generate=Editor(edit), policy=POLICY)))


def test_a_revision_that_keeps_more_rules_replaces_its_row_and_makes_a_pair():
    found = made(Revise(rounds=3))
    gone = {one.example.id: one.kept for one in found if isinstance(one, Dropped)}
    new = {one.parents[0]: one for one in found if isinstance(one, Made)}
    assert set(gone) == set(new) == {"loud", "long", "none"}
    assert gone["loud"] == new["loud"].example.id
    loud, long, none = (new[name].example for name in ("loud", "long", "none"))
    assert (loud.target, loud.rejected) == ("It is on", "It is on the way!")
    assert (long.target, long.rejected) == (
        "Yes, until noon",
        "Yes, until noon and not an hour later!",
    )
    # The answer to a row that had none is the model's, revised; there is nothing to reject.
    assert (none.target, none.rejected) == ("Yes, we do.", None)
    assert {one.reason for one in new.values()} == {"revised: all rules kept"}
    assert loud.messages == ROWS[0].messages


def test_what_keeps_no_more_rules_or_is_no_answer_is_not_kept():
    def worse(old, rule):
        return {"It is on the way!": "", "No!": "No! " * 200}.get(old, old)

    def another(old, rule):  # keeps all rules, and answers something else
        return "Have a nice day."

    assert made(Revise(), ROWS[:4], worse) == made(Revise(), ROWS[:4], another) == []
    # The line that the model was to write behind is no part of its answer.
    (_, kept) = made(Revise(), ROWS[:1], lambda old, rule: "It is on.\n\nRewritten answer: It is!")
    assert isinstance(kept, Made) and kept.example.target == "It is on."


def test_one_rule_a_round_and_without_a_critique_no_critic():
    editor = Editor(mend)
    [*_] = Revise(rounds=1, critique=False).make(ROWS[:2], Means(generate=editor, policy=POLICY))
    assert editor.asked == [EDITOR] * 2
    editor = Editor(mend)
    [*_] = Revise(rounds=1).make(ROWS[:2], Means(generate=editor, policy=POLICY))
    assert editor.asked == [CRITIC] * 2 + [EDITOR] * 2


def test_the_parent_leaves_and_its_child_stays():
    means = Means(generate=Editor(mend), policy=POLICY)
    (batch,) = make_rows(ROWS, [], [], [Revise(rounds=3)], means, near=0.8)
    assert [one.example.id for one in batch.aside] == ["loud", "long", "none"]
    assert len(batch.made) == 3 and not batch.thrown


def test_the_same_seed_gives_the_same_rows_whatever_their_order():
    def targets(rows):
        return {one.example.id: one.example.target for one in made(Revise(rounds=1), rows)}

    assert targets(ROWS) == targets(ROWS[::-1])


TASK = "task: {kind: chat, policy: policy.md}\naugment: [{kind: revise, rounds: 1}]\n"


@pytest.mark.slow
def test_a_project_asks_its_model_and_again_when_the_policy_changes(tmp_path, tiny_model):
    """The tiny model writes noise, which keeps the rule that forbids the word of all answers, and
    is another answer."""
    project = tmp_path / "project"
    load_project(project)
    for name in ("train", "test"):
        rows = [
            {"text": f"{name} question {n} {'abcdefghij'[n] * 5}?", "label": f"Indeed {n}."}
            for n in range(10)
        ]
        (project / f"{name}.jsonl").write_text("".join(json.dumps(one) + "\n" for one in rows))
    (project / "policy.md").write_text("## Plain\nPlain.\n```yaml check\nlacks: indeed\n```\n")
    text = (project / "project.yaml").read_text()
    text = text.replace("model: nowhere\n", f"model: {tiny_model}\n{TASK}")
    (project / "project.yaml").write_text(text.replace("label: label", "answer: label"))
    from assay.config import load

    told = []
    first = prepare(load(project / "project.yaml"), told.append)
    assert not any(one.rejected for one in first.examples("train"))
    used = first.note["models"]["generate"]
    # of each row a critique and a revision
    assert used["items"] == 2 * first.note["rows"]["train"] and used["for"] == ["revise"]
    assert any("revise" in str(one) for one in first.note["warnings"])  # D084: it made nothing
    assert prepare(load(project / "project.yaml"), told.append).cached
    (project / "policy.md").write_text("## Plain\nPlain.\n```yaml check\nlacks: question\n```\n")
    assert not prepare(load(project / "project.yaml"), told.append).cached
