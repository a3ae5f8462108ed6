import pytest

from assay.core.types import Document, Example, Means, Message
from assay.data.augment.qa_pairs import QaPairs, agreement, candidates, passages_of, refusal
from assay.data.text_similarity import normal

GUIDE = """# The depot

The depot opens at 7 in the morning. Lost parcels are kept by Tilda Arden for 30 days and are then
sold. In 1958 it was a customs house.

Short.
"""
DOCUMENT = Document("guide.md", GUIDE, "guide.md")


def test_what_can_be_asked_about_is_found_once_a_sentence_first():
    (first, *_) = passages_of(DOCUMENT, 9)
    assert first.text.startswith("The depot opens") and first.number == 1
    assert [answer for _, answer in candidates(first.text)] == [
        "7",
        "Tilda Arden",
        "1958",
        "30 days",
    ]
    # What stands twice is no answer: nobody could tell which one is meant.
    assert candidates("The hall closes at 9. The shop closes at 9.") == []


@pytest.mark.parametrize(
    ("question", "why"),
    [
        ("How long are lost parcels kept?", ""),
        ("Lost parcels are kept for how long", "no question"),
        ("How long?", "too short or too long"),
        ("Are lost parcels kept for 30 days?", "gives its answer away"),
        ("How tall is Mont Blanc in feet?", "not about the passage"),
    ],
)
def test_a_question_is_refused_with_a_reason(question, why):
    passage = next(one for one in passages_of(DOCUMENT, 9) if one.answer == "30 days")
    assert refusal(question, passage) == why


@pytest.mark.parametrize(
    ("reply", "value"),
    [
        ("30 days", 1),
        ("Lost parcels are kept for 30 days.", 1),
        ("Lost parcels are kept for 30 days. They are sold then.", 1),
        # 2 of 3 words are right, none is missing: F1 = 2 * 2 / (3 + 2).
        ("about 30 days", 0.8),
        ("Lost parcels are kept for 40 days.", 0.5),
        ("In the cellar", 0),
        ("", 0),
    ],
)
def test_agreement_is_what_the_reply_adds_to_the_question(reply, value):
    assert agreement(reply, "30 days", "How long are lost parcels kept?") == pytest.approx(value)


QUESTIONS = {"7": "When does the depot open?", "Tilda Arden": "Who keeps lost parcels?"}
QUESTIONS |= {"30 days": "How long are lost parcels kept?", "1958": "When was it a customs house?"}


def means(wrong=()):
    """A writer who asks QUESTIONS and answers them, but for those in `wrong`."""
    answers = {question: answer for answer, question in QUESTIONS.items() if answer not in wrong}

    def generate(prompts, max_tokens):
        lines = [prompt[-1].content.rpartition("\n")[2].partition(": ")[::2] for prompt in prompts]
        return [
            QUESTIONS[text] if head == "Answer" else answers.get(text, "nobody knows")
            for head, text in lines
        ]

    return Means(generate=generate, documents=(DOCUMENT,))


def test_a_pair_that_is_not_answered_alike_is_not_kept():
    made = list(QaPairs(per_passage=4).make((), means()))
    assert {one.example.target: one.example.text for one in made} == QUESTIONS
    fewer = list(QaPairs(per_passage=4).make((), means(wrong=("7", "1958"))))
    assert {one.example.target for one in fewer} == {"Tilda Arden", "30 days"}


def test_rows_are_like_the_projects_own():
    plain = Example("a", (Message("user", "Where?"),), "here")
    with_passage = Example(
        "b", (Message("user", "Where?"),), "here", context=(Document("d", "It is here."),)
    )
    (alone,) = QaPairs().make((plain,), means())
    assert (alone.example.context, alone.parents, alone.example.group) == (
        (),
        ("guide.md",),
        "guide.md",
    )
    assert alone.example.source == "guide.md (qa_pairs)"
    (beside,) = QaPairs().make((with_passage,), means())
    assert normal(beside.example.target) in normal(beside.example.context[0].text)


def test_a_question_that_train_has_is_not_made_again():
    known = Example("a", (Message("user", "who keeps LOST parcels"),), "Tilda Arden")
    made = list(QaPairs(per_passage=4).make((known,), means()))
    assert {one.example.target for one in made} == {"7", "30 days", "1958"}


def test_so_many_passages_are_tried():
    documents = [Document(f"{i}.md", GUIDE.replace("30", str(30 + i))) for i in range(10)]
    asked = []

    def generate(prompts, max_tokens):
        asked.extend(prompts)
        return ["" for _ in prompts]

    assert not list(QaPairs(passages=4).make((), Means(generate=generate, documents=documents)))
    assert len(asked) == 4


@pytest.mark.nightly
@pytest.mark.real
def test_a_small_model_writes_a_few_pairs_and_only_sound_ones(tmp_path):
    # Ten passages of the example handbook. A base of 135 million parameters gives about one pair
    # for ten passages; what is kept must stand in its passage and not in its question.
    from pathlib import Path

    from assay.data.reading.documents import read_documents
    from assay.models.loading.find import find
    from assay.models.open import load_model

    folder = Path(__file__).parents[3] / "examples" / "handbook"
    documents = read_documents([folder / "documents"], folder)
    model = load_model(find("smollm2-135m", base=tmp_path))

    def generate(prompts, max_tokens):
        return [answer.text for answer in model.generate(prompts, max_tokens=max_tokens)]

    made = list(
        QaPairs(passages=24).make((), Means(seed=1, generate=generate, documents=documents))
    )
    assert 1 <= len(made) <= 12
    texts = {document.id: normal(document.text) for document in documents}
    for one in made:
        assert normal(one.example.target) in texts[one.parents[0]]
        assert normal(one.example.target) not in normal(one.example.text)
