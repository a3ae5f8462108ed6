import pytest

from assay.core.types import Changed, Document, Example, Means, Message
from assay.data.pii.replacement import Draw, hash_token
from assay.data.steps.anonymise import Anonymise

MEANS = Means(key=b"k" * 32)
PATTERNS = {"names": "none"}


def row(text, **more):
    return Example("r1", (Message("user", text),), **more)


def text_of(step, text, means=MEANS, name="r1"):
    result = step.one(Example(name, (Message("user", text),)), means)
    return (result.example if isinstance(result, Changed) else result).text


def test_a_group_is_hidden_once_and_keeps_rows_together():
    step = Anonymise.model_validate(PATTERNS)
    first, second, other = (
        step.one(row(text, group=group), MEANS)
        for text, group in (("one", "jo berg"), ("two", "jo berg"), ("three", "al berg"))
    )
    assert isinstance(first, Changed) and first.reason == "group"
    assert isinstance(second, Changed) and isinstance(other, Changed)
    assert first.example.group == second.example.group != other.example.group
    assert step.one(first.example, MEANS) == first.example


def test_a_kind_that_does_not_exist_is_refused_with_the_nearest():
    with pytest.raises(ValueError, match=r"no kind 'EMIAL'.*EMAIL"):
        Anonymise(leave=("EMIAL",))


DATA = [
    "jo.do@acme.com",
    "4111 1111 1111 1111",
    "GB82 WEST 1234 5698 7654 32",
    "+44 20 7946 0958",
    "(212) 555-0187",
    "203.0.113.7",
    "fe80::1ff:fe23:4567:890a",
    "00:1A:2b:3c:4d:5e",
    "https://acme.com/u/jo",
    "SSN 123-45-6789",
    "NHS number 943 476 5919",
    "DNI 12345678Z",
    "passport number is C01X00T47",
    "account number: 12345678",
    "Kennzeichen B-AB 1234",
    "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
    "zip code is 90210",
    "password: hunter2!x",
    "221 Baker Street",
]


def test_a_second_time_finds_nothing(subtests):
    for put in ["pseudonym", "mask", "numbered", "hash"]:
        for datum in DATA:
            with subtests.test(repr((put, datum))):
                step = Anonymise.model_validate({**PATTERNS, "as": put})
                once = text_of(step, f"so {datum} it is")
                assert once != f"so {datum} it is"
                assert text_of(step, once) == once
                number = datum.rpartition(" ")[2]
                assert number not in once


def test_masks_and_numbers_of_masks():
    text = "jo@acme.com wrote to al@acme.com and jo@acme.com"
    assert (
        text_of(Anonymise.model_validate({**PATTERNS, "as": "mask"}), text)
        == "<EMAIL> wrote to <EMAIL> and"
        " <EMAIL>"
    )
    numbered = text_of(Anonymise.model_validate({**PATTERNS, "as": "numbered"}), text)
    assert numbered == "<EMAIL_1> wrote to <EMAIL_2> and <EMAIL_1>"
    made = hash_token("jo@acme.com", "EMAIL", Draw(b"k" * 32))
    assert text_of(Anonymise.model_validate({**PATTERNS, "as": "hash"}), text).startswith(made)


def test_scope_row_gives_each_row_names_of_its_own():
    step = Anonymise.model_validate({**PATTERNS, "scope": "row"})
    one, two = (text_of(step, "jo@acme.com and jo@acme.com", name=name) for name in ("a", "b"))
    assert one.split()[0] == one.split()[2] != two.split()[0]
    corpus = Anonymise.model_validate(PATTERNS)
    assert text_of(corpus, "jo@acme.com", name="a") == text_of(corpus, "jo@acme.com", name="b")


def test_every_field_of_a_row_is_rewritten():
    mail = "jo@acme.com"
    example = Example(
        "r1",
        (Message("system", mail), Message("user", mail)),
        target=mail,
        also=(mail,),
        rejected=mail,
        context=(Document("d", mail),),
        group="jo berg",
        slices=(("who", mail),),
    )
    result = Anonymise.model_validate(PATTERNS).one(example, MEANS)
    assert isinstance(result, Changed) and result.reason == "personal data: EMAIL"
    text = str(result.example)
    assert mail not in text and "jo berg" not in text
    kept = Anonymise.model_validate({**PATTERNS, "targets": False}).one(example, MEANS)
    assert isinstance(kept, Changed)
    assert (kept.example.target, kept.example.also, kept.example.rejected) == (mail, (mail,), mail)


def test_kinds_can_be_left_and_added():
    step = Anonymise.model_validate(
        {**PATTERNS, "leave": ["EMAIL"], "also": ["DATE"], "as": "mask"}
    )
    assert text_of(step, "jo@acme.com on 2024-03-14") == "jo@acme.com on <DATE>"


@pytest.mark.slow
def test_spacy_and_rules_find_names():
    step = Anonymise.model_validate({"as": "mask", "leave": ["PLACE", "ORGANISATION"]})
    text = text_of(
        step,
        "Dear Mr. Okonkwo,\nmy name is Zsófia Kovács-Nagy. I met Okonkwo's wife.\nRegards,\nZsófia",
    )
    assert (
        text == "Dear Mr. <PERSON>,\n"
        "my name is <PERSON>. I met <PERSON>'s wife.\nRegards,\n<PERSON>"
    )


@pytest.mark.slow
def test_many_rows_at_once_give_what_each_gives_alone():
    step = Anonymise()
    rows = [row(f"my name is Anna Berg and I live in Oslo, number {i}") for i in range(130)]
    rows = [Example(f"r{i}", r.messages) for i, r in enumerate(rows)]
    together = list(step.many(rows, MEANS))
    assert [r.example.id for r in together if isinstance(r, Changed)] == [r.id for r in rows]
    assert together[100] == step.one(rows[100], MEANS)
