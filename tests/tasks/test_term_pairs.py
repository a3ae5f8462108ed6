from assay.tasks.columns import columns_of
from assay.tasks.guessing import guess
from assay.tasks.term_pairs import are_terms, has_pair, paired_term

WORDS = "river stone bread cloud violin market winter garden rocket pepper candle bridge".split()
WORDS += "tiger paper coffee engine doctor window island mirror ticket forest hammer planet".split()


def rows_of(count=120, **more):
    return [
        {
            "field1": WORDS[n % 24],
            "field2": WORDS[(5 * n + n // 24) % 24],
            "field3": f"{n * 37 % 101 / 10}",
            **{name: value(n) for name, value in more.items()},
        }
        for n in range(count)
    ]


def test_two_columns_of_terms_are_a_pair():
    found = columns_of(rows_of())
    assert [are_terms(column) for column in found] == [True, True, False]
    assert paired_term(found, found[0]) is found[1]
    assert paired_term(found, found[1]) is found[0]
    assert has_pair(found)


def test_the_number_beside_them_is_the_target_and_both_are_asked():
    made = guess(rows_of())
    assert (made.kind, made.target) == ("number", "field3")
    assert [made.columns[role] for role in ("question", "text_pair")] == ["field1", "field2"]


def test_a_mark_of_the_word_is_not_the_target():
    made = guess(rows_of(field4=lambda n: "NVA"[n % 3]))
    assert (made.kind, made.target) == ("number", "field3")


def test_a_few_words_that_come_again_are_labels():
    rows = [{"field1": WORDS[n % 24], "field2": WORDS[n % 3]} for n in range(120)]
    found = columns_of(rows)
    assert not are_terms(found[1])
    assert paired_term(found, found[0]) is None


def test_a_number_beside_two_sentences_is_likelier_than_where_they_come_from():
    rows = [
        {
            "field1": ("news", "forum", "captions")[n % 3],
            "field2": f"{n * 13 % 51 / 10}",
            "field3": f"a man with {n} dogs walks along the river",
            "field4": f"somebody walks {n} animals beside the water",
        }
        for n in range(90)
    ]
    made = guess(rows)
    assert (made.kind, made.target) == ("number", "field2")
    assert [made.columns[role] for role in ("question", "text_pair")] == ["field3", "field4"]
