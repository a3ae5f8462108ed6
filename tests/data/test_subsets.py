"""Nested subsets: every smaller one inside the larger, labels in proportion, made rows with their
parents."""

from collections import Counter

from assay.core.types import Example, Message
from assay.data.subsets import original_rows, parent, sizes_of, subset


def rows(**counts):
    return [
        Example(f"{t}-{i}", (Message("user", f"{t} {i}"),), t)
        for t, n in counts.items()
        for i in range(n)
    ]


def test_smaller_sets_stand_inside_larger_ones_with_labels_in_proportion():
    given = rows(a=100, b=50, c=10)
    before: set[str] = set()
    for n in (16, 32, 80, 160):
        found = subset(given, n, stratify=True, seed=1, draw=0)
        ids = {row.id for row in found}
        assert len(found) == n and before <= ids
        before = ids
        for label, share in (("a", 100 / 160), ("b", 50 / 160), ("c", 10 / 160)):
            assert abs(Counter(row.target for row in found)[label] - share * n) <= 1


def test_the_order_of_the_file_does_not_matter_and_seed_and_draw_do():
    given = rows(a=60, b=40)
    names = [
        {r.id for r in subset(given, 20, stratify=True, seed=s, draw=d)}
        for s, d in ((1, 0), (2, 0), (1, 1))
    ]
    assert {r.id for r in subset(given[::-1], 20, stratify=True, seed=1, draw=0)} == names[0]
    assert names[0] != names[1] and names[0] != names[2]


def test_made_rows_follow_their_parents_and_are_not_counted():
    given = rows(a=20)
    made = [Example(f"{row.id}~slips1", row.messages, "a") for row in given]
    assert original_rows([*given, *made]) == given
    found = {row.id for row in subset([*given, *made], 10, stratify=True, seed=1, draw=0)}
    assert len(found) == 20 and all(f"{name}~slips1" in found for name in found if "~" not in name)


def test_sizes_are_distinct_and_smaller_than_the_whole():
    assert sizes_of(80, (0.125, 0.13, 0.5)) == [10, 40]
    assert sizes_of(20, (0.125, 0.9)) == [18]


def test_an_id_with_the_sign_of_made_rows_is_no_made_row():
    given = [
        Example(id, (Message("user", id),), "a") for id in ("a", "a~1", "b~x", "c~d~2", "e~f1")
    ]
    made = [Example(f"{row.id}~slips1", row.messages, "a") for row in given]
    twice = [Example(f"{row.id}~noise2.3", row.messages, "a") for row in made]
    assert original_rows([*given, *made, *twice]) == given
    ids = {row.id for row in [*given, *made, *twice]}
    assert [parent(row, ids) for row in (*made, *twice)] == [row.id for row in given] * 2
