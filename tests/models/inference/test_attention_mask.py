import torch

from assay.models.inference.attention_mask import Sight


def sight():
    """Two cached tokens, then three of a row of which the first is padding."""
    sees = torch.tensor(
        [
            [True, True, True, False, False],  # padding sees itself
            [True, True, False, True, False],
            [True, True, False, True, True],
        ]
    )
    return Sight(sees[None], torch.tensor([[0, 2, 3]]), torch.tensor([[0, 1, 0, 2, 3]]))


def test_without_a_window_a_query_sees_what_nothing_hides():
    one = sight()
    assert torch.equal(one.mask(None), one.sees[:, None])


def test_a_window_counts_places_not_columns_and_the_token_itself():
    # Of two tokens: place 2 sees 1 and itself, place 3 sees 2 and itself, the padding between them
    # or not.
    assert sight().mask(2)[0, 0].tolist() == [
        [True, True, True, False, False],  # place 0 looks at 1, which is not behind it: unchanged
        [False, True, False, True, False],
        [False, False, False, True, True],
    ]


def test_a_window_as_long_as_the_rows_hides_nothing():
    one = sight()
    assert torch.equal(one.mask(4), one.mask(None))
    assert one.mask(3).shape == (1, 1, 3, 5)
