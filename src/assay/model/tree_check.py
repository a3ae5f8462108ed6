"""Whether a model can be computed on token trees: found out by computing a small one, not by its name.

Why   A model may not take its attention from transformers' interface (Falcon), may hand it masks of its own
      (StableLM), or may have layers that pass states from each token to the next in the line (state spaces, linear
      attention). Some of these raise no error and are silently wrong.
"""

from __future__ import annotations

from typing import Any

import torch

from assay.encode.tree import Tree
from assay.model.attention import NAME
from assay.model.segments import Layout

CLOSE = {torch.float64: 1e-5, torch.float32: 1e-3}  # relative to the states' size; coarser types: a tenth
SHARED, OWN = 7, (5, 3, 6)  # tokens of the small tree's trunk and of its branches


@torch.no_grad()
def takes_trees(network: Any) -> bool:
    """Compare the hidden states of a small tree with those of its separate sequences, and count that every decoder
    layer has asked the attention function."""
    if network.config._attn_implementation != NAME:
        return False
    device = network.get_input_embeddings().weight.device
    draw = torch.Generator().manual_seed(7)
    lines = [torch.randint(2, network.config.get_text_config().vocab_size, (SHARED + n,), generator=draw) for n in OWN]
    for line in lines[1:]:
        line[:SHARED] = lines[0][:SHARED]
    tree = Tree.of([line.tolist() for line in lines])
    layout = Layout(tree, device)
    ids, depth = (torch.from_numpy(part)[None].to(device) for part in (tree.tokens, tree.depth))
    body = network.base_model
    was = network.training
    network.eval()
    try:
        whole = body(
            input_ids=ids,
            position_ids=depth,
            attention_mask=ids.new_ones(1, 1, 1, 1),
            tree=layout,
            use_cache=False,
        ).last_hidden_state[0]
        apart = [body(input_ids=line[None].to(device), use_cache=False).last_hidden_state[0] for line in lines]
    except (RuntimeError, TypeError, ValueError, IndexError, KeyError):
        return False
    finally:
        network.train(was)
    close = CLOSE.get(whole.dtype, 0.1)
    same = all(
        float((whole[torch.from_numpy(path)] - own).float().norm() / own.float().norm()) < close
        for path, own in zip(tree.paths, apart, strict=True)
    )
    return same and layout.calls == network.config.get_text_config().num_hidden_layers
