import pytest

from assay.tasks.tag_forms import is_marked, outside_tag, plain_tags


@pytest.mark.parametrize(
    ("written", "usual"),
    [
        ("O B-PER I-PER O O", "O B-PER I-PER O O"),
        ("0 PER PER 0 0", "O PER PER O O"),
        ("_ B_PER I_PER _ _", "O B-PER I-PER O O"),
        ("none per per none none", "O per per O O"),
        ("O PER-B PER-I O O", "O B-PER I-PER O O"),
        ("O B I O O", "O B-entity I-entity O O"),
        ("O B-PER M-PER E-PER W-LOC", "O B-PER I-PER E-PER S-LOC"),
        ("DT NN VB NN DT", "DT NN VB NN DT"),
        ("O e-mail e-mail O O", "O e-mail e-mail O O"),  # a type, and no mark
    ],
)
def test_tags_of_any_form_are_written_in_the_usual_one(written, usual):
    made = plain_tags(written.split())
    assert [made[tag] for tag in written.split()] == usual.split()


def test_what_means_outside_is_the_most_frequent_tag():
    from collections import Counter

    assert outside_tag(Counter(["other", "other", "PER"])) == "other"
    assert outside_tag(Counter(["PER", "PER", "other"])) is None
    assert outside_tag(Counter(["B-PER", "I-PER", "_"])) == "_"


def test_marks_say_where_pieces_begin():
    assert is_marked(["O", "B-PER"]) and not is_marked(["O", "PER"])
