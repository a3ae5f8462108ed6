"""Which prompts run together, on trees and in padded rows, and which are scored again in fp32."""

from math import inf

import numpy as np
import torch

from assay.core.types import Message
from assay.models.inference import option_batches
from assay.models.inference.option_batches import by_tree, prefix_length

SYSTEM = Message("system", "Classify the message. Which colour has the money?")
OPTIONS = ("card", "card lost", "refund", "card", "ca", "Which colour?", "")


def computed(model):
    """A list that grows by the tokens of each pass."""
    sizes = []
    model.body.register_forward_pre_hook(
        lambda module, args, given: sizes.append(tuple(given["input_ids"].shape)), with_kwargs=True
    )
    return sizes


def test_the_shared_part_ends_where_the_questions_begin():
    # The questions share "2 2" by chance in this part of the run, and nothing in another.
    assert prefix_length([[1] * 9 + [2, 2, 3], [1] * 9 + [2, 2, 4]], [9, 9]) == 9
    assert prefix_length([[1] * 9 + [2], [1] * 9 + [5]], [9, 9]) == 9
    # Examples that stand in the question itself: a multiple of eight, which a word more or less
    # does not move.
    many = [1] * 5 + [2] * 40
    assert prefix_length([[*many, 3], [*many, 4]], [5, 5]) == 40
    # Unlike beginnings.
    assert prefix_length([[1, 2, 3], [2, 2, 3]], [1, 1]) == 0


LIKE = [
    (
        SYSTEM,
        *(
            Message(role, f"{words} {i % 2} {'money ' * 9}")
            for words in ("card lost", "refund")
            for role in TURN
        ),
        m,
    )
    for TURN in [("user", "assistant")]
    for i in range(12)
    for m in [Message("user", f"{'plastic ' * (i % 3)} number {i}")]
]


def test_rows_that_begin_alike_in_groups_are_computed_on_a_tree(open_tiny, monkeypatch):
    model = open_tiny()
    model.score(LIKE, OPTIONS)
    sizes = computed(model)
    on_tree = model.score(LIKE, OPTIONS, left=0.0)
    monkeypatch.setattr(option_batches, "TREE_GAINS", 0.0)
    trees, sizes[:] = list(sizes), []
    padded = model.score(LIKE, OPTIONS, left=0.0)
    np.testing.assert_allclose(on_tree, padded, atol=1e-4)
    assert trees[0][0] == 1 and trees[0][1] < 0.5 * sizes[0][0] * sizes[0][1]


def test_rows_in_the_order_of_their_tokens():
    rows = [[1, 2, 3], [4, 5], [1, 2, 4], [4, 5]]
    # 1 2 3; 4; 4 5; and nothing for the second of two equal rows.
    assert by_tree(rows, 7) == [[0, 2, 1, 3]]
    assert by_tree(rows, 6) == []


SHARING = [
    (SYSTEM, Message("user", text))
    for text in ("my card", "so the taxi then and then", "a", "plastic", "a")
]
RAGGED = [
    *SHARING,
    (Message("user", "no system turn here"),),
    (*SHARING[0], Message("assistant", "card"), SHARING[1][1]),
]
MANY = [
    f"{a} {b} {c}"
    for a in ("card", "refund", "money", "taxi")
    for b in ("lost", "now", "chip")
    for c in ("a", "so b")
]


def test_close_options_get_the_scores_of_fp32(open_tiny, monkeypatch):
    narrow = open_tiny(dtype=torch.bfloat16)
    wide = open_tiny(dtype=torch.bfloat16)
    wide.network.float()
    expected = wide.score(RAGGED, OPTIONS, left=0.0)
    monkeypatch.setattr(option_batches, "CLOSE", inf)
    np.testing.assert_allclose(narrow.score(RAGGED, OPTIONS, left=0.0), expected, atol=1e-4)
    monkeypatch.setattr(option_batches, "CLOSE", 0.0)
    assert np.abs(narrow.score(RAGGED, OPTIONS, left=0.0) - expected).max() > 1e-3
    # The copy is made once, and anew when a weight has changed.
    monkeypatch.setattr(option_batches, "CLOSE", inf)
    narrow.score(RAGGED, OPTIONS)
    copy = narrow.exact()
    narrow.score(RAGGED, OPTIONS)
    assert narrow.exact() is copy
    with torch.no_grad():
        narrow.head.weight.mul_(2)
    narrow.score(RAGGED, OPTIONS)
    assert narrow.exact() is not copy


def test_rows_whose_best_options_are_close():
    rows = [
        [-1.0, -1.39, -9.0],
        [-1.0, -3.0, -3.1],
        [-2.0, -2.0, -2.1],
        [-2.0, -2.0, -9.0],
        [-1.0, -1.41, -9.0],
    ]
    # The second row's close ones are not its best; the last row's best are the same option twice.
    assert option_batches.near_ties(np.array(rows)).tolist() == [0, 2]
    assert option_batches.near_ties(np.zeros((3, 1))).tolist() == []


def test_a_close_row_is_scored_again_as_a_whole(open_tiny, monkeypatch):
    narrow, wide = open_tiny(dtype=torch.bfloat16), open_tiny(dtype=torch.bfloat16)
    wide.network.float()
    expected = wide.score(RAGGED, MANY, left=0.0)
    monkeypatch.setattr(option_batches, "CLOSE", 0.0)
    rough = narrow.score(RAGGED, MANY, left=0.0)
    # As close as the two best options of the first row: all its scores are then fp32's, and other
    # rows keep theirs.
    best = np.sort(rough, 1)[:, ::-1]
    gaps = best[:, 0] - best[:, 1]
    monkeypatch.setattr(option_batches, "CLOSE", float(gaps[0]) + 1e-6)
    found = narrow.score(RAGGED, MANY, left=0.0)
    again = gaps < gaps[0] + 1e-6
    assert again[0] and not again.all()
    np.testing.assert_allclose(found[again], expected[again], atol=1e-4)
    np.testing.assert_array_equal(found[~again], rough[~again])
