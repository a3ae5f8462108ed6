"""What every listed augmentation promises. A new one is held to it by being listed."""

import json
from dataclasses import replace

import pytest

from assay.config import make_augmentation
from assay.core.errors import DataError
from assay.core.store import to_json
from assay.core.types import Document, Example, Made, Means, Message
from assay.data import AUGMENTATIONS
from assay.data.augment.run import make_rows, refuse_unfit
from helpers.problems import problem


def kind_of(cls):
    return cls.model_fields["kind"].default


TEXTS = [
    ("My husband lost his card in a taxi last night, what now?", "card"),
    ("If the refund is late, please write to Emily again.", "refund"),
    ("I can't log in right now. Could you help me?", "login"),
    ("Please tell me how long a refund takes", "refund"),
    ("Where is my refund for the shoes that I sent back?", "refund"),
    ("The waiter took 12 euros twice, he said sorry to her", "refund"),
    ("", "card"),
    ("?!", "card"),
    ("My card does not work at the moment", "card"),
]
ROWS = tuple(
    Example(
        f"r{i}",
        (Message("system", "Be brief."), Message("user", text)),
        label,
        source=f"a.csv:{i + 2}",
    )
    for i, (text, label) in enumerate(TEXTS)
)
GUIDE = (
    "The depot opens at 7 in the morning. Lost parcels are kept by Ms Arden for 30 days and are"
    " then sold."
)
DOCUMENTS = (Document("guide.md", f"# Parcels\n\n{GUIDE}", "guide.md"),)
# What a person would write who is asked about the guide: enough to hold the model's part of the
# contract.
WRITTEN = {
    "7": "When does the depot open?",
    "Ms Arden": "Who keeps lost parcels?",
    "30 days": "How long are they kept?",
}


POLICY = "## Whole\nEnd with a full stop.\n```yaml check\nends_with: .\n```\n"


def written(prompts, max_tokens):
    out = []
    for prompt in prompts:
        asked = prompt[-1].content.rpartition("\n")[2]
        if asked == "Rewritten answer:":
            old = prompt[-1].content.split("Answer:\n")[1].split("\n\nRule:")[0]
            out.append(f"{old}.")
            continue
        answers = {question: answer for answer, question in WRITTEN.items()}
        head, _, rest = asked.partition(": ")
        out.append(WRITTEN.get(rest, "") if head == "Answer" else answers.get(rest, ""))
    return out


def rows_for(cls):
    """Rows of a task that the augmentation is for: `answer` has a target of its own on each row."""
    if "answer" in cls.tasks:
        return tuple(Example(e.id, e.messages, f"{e.target} {e.id}", source=e.source) for e in ROWS)
    return ROWS


def make(cls, rows, seed=3):
    return list(
        cls().make(rows, Means(seed=seed, generate=written, documents=DOCUMENTS, policy=POLICY))
    )


augmentations = pytest.mark.parametrize("cls", AUGMENTATIONS, ids=kind_of)


@augmentations
def test_made_rows_are_new_and_name_their_parents(cls):
    rows = rows_for(cls)
    made = [result for result in make(cls, rows) if isinstance(result, Made)]
    assert made
    parents = {row.id: row for row in rows} | {document.id: document for document in DOCUMENTS}
    ids = [one.example.id for one in made]
    assert len(set(ids)) == len(ids) and not set(ids) & set(parents)
    for one in made:
        assert one.parents and set(one.parents) <= set(parents) and one.reason
        assert all(parent in one.example.id for parent in one.parents)
        before = [p for p in map(parents.get, one.parents) if isinstance(p, Example)]
        if kind_of(cls) == "revise":  # another answer to the same question, the old one beside it
            (parent,) = before
            assert one.example == replace(
                parent, id=one.example.id, target=one.example.target, rejected=parent.target
            )
            assert one.example.target != parent.target
            continue
        assert all(one.example.messages != parent.messages for parent in before)
        assert one.example.messages[-1].role == "user" and one.example.messages[-1].content.strip()
        # A label is never invented, and a system turn never changed.
        assert all(one.example.target == parent.target for parent in before)
        assert all(one.example.messages[:-1] == parent.messages[:-1] for parent in before)


@augmentations
def test_same_seed_same_rows_whatever_the_order_and_another_seed_still_keeps_to_it(cls):
    rows = rows_for(cls)
    before = [row.to_json() for row in rows]
    assert make(cls, rows) == make(cls, rows)
    assert [row.to_json() for row in rows] == before
    turned = {
        one.example.id: one.example.text for one in make(cls, rows[::-1]) if isinstance(one, Made)
    }
    if kind_of(cls) != "balance":  # which row of a label is copied first is the order of the rows
        assert turned == {
            one.example.id: one.example.text for one in make(cls, rows) if isinstance(one, Made)
        }


@augmentations
def test_no_rows_give_no_rows(cls):
    assert not list(cls().make((), Means(generate=written, policy=POLICY)))


@augmentations
def test_what_it_makes_never_stands_in_val_or_test(cls):
    rows = rows_for(cls)
    first = next(one for one in make(cls, rows) if isinstance(one, Made))
    held = Example("held", first.example.messages, "another", context=first.example.context)
    means = Means(seed=3, generate=written, documents=DOCUMENTS, policy=POLICY)
    (batch,) = make_rows(rows, (), (held,), (cls(),), means, 0.8)
    assert (first.example.id, "copy of a test row", "held") in {
        (one.made.example.id, one.reason, one.kept) for one in batch.thrown
    }
    assert first.example.id not in {one.example.id for one in batch.made}


@augmentations
def test_settings_come_back_from_json(cls):
    written = json.loads(to_json({"kind": kind_of(cls), **cls().model_dump(mode="json")}))
    assert make_augmentation(written) == cls() == make_augmentation({"kind": kind_of(cls)})


@augmentations
def test_a_kind_of_task_that_it_is_not_for_is_refused(cls):
    for kind in ("classify", "answer", "extract"):
        if cls.tasks and kind not in cls.tasks:
            with problem(DataError, "D086", "augment.0", kind_of(cls)):
                refuse_unfit([cls()], kind)
        else:
            refuse_unfit([cls()], kind)
