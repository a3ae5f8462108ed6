import pytest
import torch

from assay.models.inference import shared_prefix_attention
from assay.models.inference.attention_mask import Sight
from assay.models.inference.shared_prefix_attention import look


def test_parts_of_attention_are_put_together_by_their_log_sums():
    # Two parts with the log-sums a and b weigh exp(a) and exp(b): the softmax over both.
    draw = torch.Generator().manual_seed(1)
    query, key, value = (torch.randn(1, 2, n, 8, generator=draw) for n in (3, 5, 5))
    whole, total = look(query, key, value, 0.3, None)
    parts = [
        look(query, key[:, :, own], value[:, :, own], 0.3, None)
        for own in (slice(0, 2), slice(2, 5))
    ]
    (first, a), (second, b) = parts
    share = torch.sigmoid(a - b)[..., None]
    torch.testing.assert_close(torch.lerp(second, first, share), whole)
    torch.testing.assert_close(torch.logaddexp(a, b), total)
    # What other devices compute.
    narrow, same = look(query, key, torch.cat([value, value], -1), 0.3, None)
    torch.testing.assert_close(narrow[..., :8], whole)
    torch.testing.assert_close(same, total)


@pytest.mark.parametrize("cap", [None, 2.0])
def test_attention_over_two_sets_of_keys_is_that_over_both(cap):
    draw = torch.Generator().manual_seed(1)
    query, key, value = (torch.randn(3, 2, n, 8, generator=draw) for n in (4, 9, 9))
    scores = query @ key.transpose(2, 3) * 0.4
    scores = scores if cap is None else cap * torch.tanh(scores / cap)
    expected = torch.softmax(scores, -1) @ value
    one, first = shared_prefix_attention.look(query, key[:, :, :5], value[:, :, :5], 0.4, cap)
    other, second = shared_prefix_attention.look(query, key[:, :, 5:], value[:, :, 5:], 0.4, cap)
    assert torch.allclose(
        shared_prefix_attention.merge_attention(one, first, other, second), expected, atol=1e-6
    )
    assert torch.allclose(first, torch.logsumexp(scores[..., :5], -1), atol=1e-5)


@pytest.mark.parametrize("cap", [None, 50.0])
def test_entering_rows_see_what_stands_before(cap):
    draw = torch.Generator().manual_seed(1)
    query, key, value = (torch.randn(2, 2, 5, 8, generator=draw) for _ in range(3))
    seen, _ = shared_prefix_attention.look(query, key, value, 0.1, cap, "before")
    expected = torch.nn.functional.scaled_dot_product_attention(
        query, key, value, is_causal=True, scale=0.1
    )
    # a cap of 50 changes scores of 1 by 1e-4
    assert torch.allclose(seen, expected, atol=1e-3 if cap else 1e-6)


@pytest.mark.parametrize("window", [None, 50])
def test_blocks_of_queries_find_what_all_of_them_find_at_once(window):
    draw = torch.Generator().manual_seed(1)
    query = torch.randn(2, 6, 300, 8, generator=draw, dtype=torch.float64)
    key, value = (torch.randn(2, 2, 300, 8, generator=draw, dtype=torch.float64) for _ in range(2))
    sees = torch.ones(2, 300, 300, dtype=torch.bool).tril()
    sees[1, :, :30] = False  # padding on the left, which sees itself
    sees |= torch.eye(300, dtype=torch.bool)
    place = torch.arange(300).expand(2, -1)
    sight = Sight(sees, place, place)
    wide = [part.repeat_interleave(3, 1) for part in (key, value)]
    scores = query @ wide[0].transpose(2, 3) * 0.3
    scores = scores.masked_fill(~sight.mask(window), -torch.inf)
    blocks = sight.blocks(window)
    assert len(blocks) == 3
    found, total = shared_prefix_attention.look_in_blocks(query, key, value, 0.3, blocks)
    torch.testing.assert_close(found, torch.softmax(scores, -1) @ wide[1])
    torch.testing.assert_close(total, torch.logsumexp(scores, -1).float())
