import numpy as np

from assay.core.types import Example, Means, Message
from assay.data.augment.paraphrase import Paraphrase, keeps


def test_numbers_and_words_of_a_written_answer_must_be_kept():
    assert keeps("Pay 12 euros to Ann", "Please pay Ann the 12 euros", frozenset({"ann"}))
    assert not keeps("Pay 12 euros to Ann", "Please pay Ann 21 euros", frozenset({"ann"}))
    assert not keeps("Pay 12 euros to Ann", "Please pay her 12 euros", frozenset({"ann"}))
    assert keeps("Pay Ann", "Please pay her", frozenset())
    assert not keeps("Will it work on Linux?", "No, it will not work on Linux.", frozenset())


ROWS = [
    Example(str(at), (Message("user", text),), "card")
    for at, text in enumerate(
        (
            "my new card has not arrived yet",
            "how do I change my pin",
            "where is the nearest branch",
            "close my account",
        )
    )
]
# What a model might write for each of the rows: a paraphrase, a copy, an answer to the question,
# another language.
WRITES = {
    "my new card has not arrived yet": '"I am still waiting for the new card"',
    "how do I change my pin": "How do I change my PIN?",
    "where is the nearest branch": "Go down the High Street and turn left at the old church.",
    "close my account": "Bitte schliesst mein Konto so bald wie moeglich",
}


def generate(prompts, max_tokens):
    return [WRITES[prompt[-1].content] for prompt in prompts]


def embed(texts):
    """One axis for texts about cards, one for all others."""
    return np.array([[1, 0] if "card" in text else [0, 1] for text in texts], dtype=np.float32)


def test_what_a_model_wrote_is_kept_where_it_is_a_paraphrase():
    step = Paraphrase(by="model", share=1)
    made = list(step.make(ROWS, Means(generate=generate, embed=embed)))
    assert [(one.parents, one.example.text) for one in made] == [
        (("0",), "I am still waiting for the new card")
    ]
    assert step.wants() == ("generate", "embed") and Paraphrase().wants() == ()


def test_a_translation_must_have_gone_through_the_other_language():
    def translate(prompts, max_tokens):
        there = {
            "my new card has not arrived yet": "ma nouvelle carte n'est pas encore arrivée chez moi"
        }
        back = {
            "ma nouvelle carte n'est pas encore arrivée chez moi": "my new card still has not"
            " reached me"
        }
        return [
            (there | back).get(prompt[-1].content, prompt[-1].content + " please")
            for prompt in prompts
        ]

    step = Paraphrase(by="back_translation", share=1)
    made = list(step.make(ROWS, Means(generate=translate, embed=embed)))
    assert [one.example.text for one in made] == ["my new card still has not reached me"]
