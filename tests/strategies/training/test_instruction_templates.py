"""Rows under several instructions: each once, in its place, all instructions about as often."""

from collections import Counter

import pytest
from pydantic import ValidationError

from assay.core.types import Example, Message, Task
from assay.strategies import Lora
from assay.strategies.training.instruction_templates import vary_instructions
from assay.tasks.prompt_format import ask

TASK = Task(kind="classify", instruction="Say the colour.", labels=("red", "blue"))
OTHERS = ("Which colour is it?", "Name the colour:")
ROWS = [Example(f"r{i}", (Message("user", f"text {i}"),), target="red") for i in range(300)]


def prompts(chat, task, examples):
    """Stands for the encoding: the prompt as it is sent, which an encoding has the tokens of."""
    return [" | ".join(message.content for message in ask(task, row)) for row in examples]


def test_every_row_keeps_its_place_and_has_one_of_the_instructions():
    found = vary_instructions(prompts, OTHERS, seed=0)(None, TASK, ROWS)
    assert len(found) == 300
    assert all(f"text {i}" in one for i, one in enumerate(found))
    seen = Counter(next(i for i in (TASK.instruction, *OTHERS) if i in one) for one in found)
    # A third each; four standard errors are 33 rows.
    assert set(seen) == {TASK.instruction, *OTHERS} and all(67 < n < 133 for n in seen.values())
    assert found == vary_instructions(prompts, OTHERS, seed=0)(None, TASK, ROWS)
    assert found[:5] == vary_instructions(prompts, OTHERS, seed=0)(None, TASK, ROWS[:5])
    assert found != vary_instructions(prompts, OTHERS, seed=1)(None, TASK, ROWS)


def test_without_others_nothing_changes():
    assert vary_instructions(prompts, (), seed=0) is prompts


def test_an_empty_instruction_is_refused():
    with pytest.raises(ValidationError, match="at least 1 character"):
        Lora(instructions=("",))


@pytest.mark.slow
def test_a_lora_learns_rows_under_them_and_is_asked_with_its_own(lesson, monkeypatch):
    from assay.training.loop import Training

    heard = []
    run = Training.run

    def listen(self):
        heard.append([tuple(one.ids) for one in self.sequences])
        return run(self)

    monkeypatch.setattr(Training, "run", listen)
    plain, several = (
        Lora(epochs=1, rank=2, instructions=some).fit(lesson("classify")) for some in ((), OTHERS)
    )
    first, second = heard
    assert len(first) == len(second) and first != second
    assert len(set(map(len, second))) > len(set(map(len, first)))
    question = lesson("classify").val[0].question
    assert plain.prompt(question) == several.prompt(question)
