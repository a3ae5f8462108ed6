import pytest
import torch

from assay.models.inference.attention_mask import BLOCK, Sight


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


def long_rows(queries, before=5, window=None):
    """Two padded rows of so many tokens behind `before` cached ones, and their mask."""
    place = torch.arange(queries).expand(2, -1) + before
    columns = torch.arange(before + queries).expand(2, -1)
    sees = (columns[:, None] <= place[..., None]).clone()
    sees[1, :, before : before + 40] = False  # padding on the left, which sees itself
    sees |= columns[:, None] == place[..., None]
    made = Sight(sees, place, columns)
    return made, made.mask(window)


@pytest.mark.parametrize("window", [None, 100])
@pytest.mark.parametrize("queries", [1, 2 * BLOCK - 1, 2 * BLOCK, 2 * BLOCK + 1, 700])
def test_blocks_hide_what_the_mask_hides(queries, window):
    made, mask = long_rows(queries, window=window)
    whole = torch.zeros_like(mask)
    for block in made.blocks(window):
        whole[:, :, block.queries, block.keys] = ~block.hidden
    assert torch.equal(whole, mask)


def test_long_rows_look_at_half_of_their_keys_and_short_ones_at_all_at_once():
    made, _ = long_rows(1024)
    pairs = sum(block.hidden[0].numel() for block in made.blocks(None))
    assert pairs < 0.57 * 1024 * (1024 + 5)
    assert len(long_rows(2 * BLOCK - 1)[0].blocks(None)) == 1
    narrow = long_rows(1024, window=100)[0].blocks(100)
    # padding that sees nothing but itself included
    assert max(block.hidden.shape[3] for block in narrow) <= BLOCK + 100
