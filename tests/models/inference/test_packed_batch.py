import torch
from transformers import DynamicCache

from assay.models.inference.packed_batch import SuffixTokens
from assay.models.inference.shared_prefix_attention import mask_hidden

SHARED = [5, 6, 7, 8]
ROWS = ([11, 12, 13], [14], [15, 16])


def test_tokens_in_one_line_have_the_states_of_the_separate_rows(open_tiny):
    model = open_tiny()
    beginning = model.beginning(SHARED)
    width = max(map(len, ROWS))
    # padded on the left, as rows that are written are
    ids = torch.tensor([[0] * (width - len(row)) + row for row in ROWS])
    real = torch.tensor([[at >= width - len(row) for at in range(width)] for row in ROWS])
    places = len(SHARED) + (real.cumsum(1) - 1).clamp(min=0)
    sees = torch.ones(width, width, dtype=torch.bool).tril() & real[:, None, :]
    sees |= torch.eye(width, dtype=torch.bool)
    line = SuffixTokens(beginning, DynamicCache(), real)
    with torch.no_grad():
        found = line.states(model.body, ids, places, mask_hidden(~sees[:, None], torch.float32))
        alone = [
            model.body(torch.tensor([SHARED + row])).last_hidden_state[0, len(SHARED) :]
            for row in ROWS
        ]
    assert found.shape[0] == sum(map(len, ROWS))  # no padding went through the products
    torch.testing.assert_close(found, torch.cat(alone), atol=1e-4, rtol=1e-4)
    # Keys and values of the line stand in the rows' own cache, for the tokens that come next.
    assert line.cache.get_seq_length() == width
