"""What a blind rating must be: balanced, repeated, with known items, and without a hint of whose
answer it is."""

from collections import Counter

from assay.audits.human_review.pairwise import TARGET, AnswerPair, deal


def rows(n):
    """Rows of which one in four is answered alike, and one in eight wrongly by the second arm."""
    return [
        AnswerPair(
            f"t{at}",
            f"question {at}",
            "",
            f"right {at}",
            (
                f"right {at}",
                f"right {at}" if at % 4 == 0 else f"wrong {at}" if at % 8 == 1 else f"another {at}",
            ),
            (True, at % 8 != 1),
        )
        for at in range(n)
    ]


def test_sides_are_balanced_and_one_in_ten_comes_twice_with_them_changed():
    items = deal(rows(200), "lora", "rag", split="test", most=100, seed=3)
    shown = [item for item in items if not item.better and not item.again]
    assert len(shown) == 100 and Counter(item.arms[0] for item in shown) == {"lora": 50, "rag": 50}
    twins = [item for item in items if item.again]
    assert len(twins) == 10
    by_id = {item.id: at for at, item in enumerate(items)}
    for twin in twins:
        first = items[by_id[twin.again]]
        assert (twin.a, twin.b, twin.arms) == (first.b, first.a, first.arms[::-1])
        assert by_id[twin.id] > by_id[twin.again]
    assert len(by_id) == len(items)


def test_one_in_twenty_is_known_and_right_against_wrong():
    items = deal(rows(200), "lora", "rag", split="test", most=100, seed=3)
    known = [item for item in items if item.better]
    assert len(known) == 5
    for item in known:
        assert TARGET in item.arms
        better = item.a if item.better == "A" else item.b
        assert better.startswith("right") and (item.b if item.better == "A" else item.a).startswith(
            "wrong"
        )


def test_only_rows_that_are_answered_differently_are_shown_and_the_seed_repeats():
    items = deal(rows(40), "lora", "rag", split="test", most=500, seed=0)
    assert len([item for item in items if not item.better and not item.again]) == 30
    assert items == deal(rows(40), "lora", "rag", split="test", most=500, seed=0)
    assert items != deal(rows(40), "lora", "rag", split="test", most=500, seed=1)
