"""One text in several languages."""

import pytest

from assay.tasks.columns import columns_of
from assay.tasks.guessing import guess
from assay.tasks.parallel_columns import translations

SAID = "winter letter bridge stone garden river candle engine basket mirror doctor pepper".split()


def sentence(n):
    return " ".join(SAID[(n * 5 + k * 7) % 12] for k in range(4 + n % 9)) + f" {n}"


def in_language(text, at):
    """Another text that is about as long, of other words."""
    return " ".join(word[::-1] + "aeiou"[at % 5] for word in text.split())


def rows(names, *, shorter=1, **more):
    made = []
    for n in range(40):
        texts = [sentence(n), *(in_language(sentence(n), at) for at in range(1, len(names)))]
        texts[-1] = texts[-1][: len(texts[-1]) // shorter]
        values = {name: value(n) for name, value in more.items()}
        made.append(dict(zip(names, texts, strict=True)) | values)
    return made


@pytest.mark.parametrize(
    ("names", "pair"),
    [
        (("de", "en", "fr"), ("de", "en")),
        (("English", "German", "French"), ("English", "German")),
        (("indonesian", "acehnese", "english", "ngaju"), ("indonesian", "english")),
        (("sentence_deu_Latn", "sentence_eng_Latn"), ("sentence_deu_Latn", "sentence_eng_Latn")),
        (("text_fr", "text_en"), ("text_fr", "text_en")),
        (("one", "other", "third"), ("one", "other")),  # nothing but their lengths
    ],
)
def test_the_first_and_the_english_one(names, pair):
    found = guess(rows(names))
    assert (found.kind, found.columns) == (
        "rewrite",
        dict(zip(("text", "answer"), pair, strict=True)),
    )


def test_the_others_are_named():
    (shaped, _), *_ = translations(
        columns_of(rows(("de", "en", "fr", "it")))[:4], rows(("de", "en", "fr", "it")), alone=True
    )
    assert "'fr', 'it'" in shaped.why


def test_a_domain_beside_languages_is_no_target_and_a_named_label_is():
    where = {"domain": lambda n: ("news", "web", "books")[n % 3]}
    assert guess(rows(("de", "en"), **where)).kind == "rewrite"
    found = guess(rows(("de", "en"), category=where["domain"]))
    assert found.kind == "classify" and found.others[0].kind == "rewrite"


def test_a_script_without_blanks_may_be_much_shorter():
    assert guess(rows(("en", "fr", "zh"), shorter=3)).kind == "rewrite"


def test_texts_of_other_lengths_without_such_names_are_no_translations():
    given = rows(("one", "other", "third"))
    for n, row in enumerate(given):
        row["other"] = in_language(sentence(n * 7 + 3), 1)
        row["third"] = in_language(sentence(n * 5 + 1), 2)
    assert translations(columns_of(given), given, alone=True) == []
    assert translations([], [], alone=True) == []
