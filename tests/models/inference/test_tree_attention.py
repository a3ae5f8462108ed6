"""Attention over a token tree is attention under a mask of ancestors, whatever scale, window,
cached keys."""

import pytest
import torch

from assay.models.inference import tree_attention as attention
from assay.models.inference.attention_segments import TreeLayout, segment
from assay.models.inference.tree_attention import attend
from assay.models.tokenizer.token_tree import Tree
from helpers.nights import nightly_but

CPU = torch.device("cpu")
HEADS, SHARED, WIDTH = 4, 2, 8  # queries, keys and values, of which two queries share each
SCALE = 0.11  # 8 ** -0.5 is 0.35


@pytest.fixture(scope="module")
def tree():
    """A trunk of 40 tokens, two branches of 90, two of 220 below each: 1,100 nodes, which are cut
    into segments."""
    draw = torch.Generator().manual_seed(3)

    def some(n):
        return torch.randint(0, 1000, (n,), generator=draw).tolist()

    trunk = some(40)
    return Tree.of(
        [branch + some(220) for branch in (trunk + some(90), trunk + some(90)) for _ in range(2)]
    )


def ancestors(tree, before, window):
    """(nodes, cached keys + nodes) True where a node sees a key, found by walking along each
    sequence."""
    sees = torch.zeros(len(tree), before + len(tree), dtype=torch.bool)
    for path in tree.paths:
        line = [*range(before), *(before + path)]
        for at, node in enumerate(path):
            own = line[: before + at + 1]
            sees[node, own if window is None else own[-window:]] = True
    return sees


def states(tree, before, dtype=torch.float64):
    draw = torch.Generator().manual_seed(5)
    sizes = [(HEADS, len(tree)), (SHARED, before + len(tree)), (SHARED, before + len(tree))]
    return [
        torch.randn(1, *size, WIDTH, generator=draw, dtype=torch.float64).to(dtype)
        for size in sizes
    ]


def computed(attention, given):
    """What `attention` gives, and the gradients of a sum with weights that are all different."""
    given = [tensor.clone().requires_grad_() for tensor in given]
    out = attention(*given)
    weights = torch.randn(
        out.shape, generator=torch.Generator().manual_seed(7), dtype=torch.float64
    ).to(out.dtype)
    (out * weights).sum().backward()
    return [out.detach(), *(tensor.grad for tensor in given)]


def under_mask(sees, scale=SCALE):
    """PyTorch's attention in (1, heads, nodes, width), out (1, nodes, heads, width) as `attend`
    gives it."""

    def attention(query, key, value):
        key, value = (states.repeat_interleave(HEADS // SHARED, 1) for states in (key, value))
        out = torch.nn.functional.scaled_dot_product_attention(
            query, key, value, attn_mask=sees, scale=scale
        )
        return out.transpose(1, 2)

    return attention


def over_tree(layout, window=None, **named):
    def attention(query, key, value):
        return attend(
            None,
            query,
            key,
            value,
            None,
            scaling=SCALE,
            sliding_window=window,
            tree=layout,
            **named,
        )[0]

    return attention


@pytest.mark.slow
@pytest.mark.parametrize("capped", [False, True], ids=["flash", "by hand"])
@pytest.mark.parametrize(
    ("before", "window"),
    nightly_but([(0, None), (9, 50)], [(0, None), (9, None), (0, 50), (9, 50)]),
)
def test_values_and_gradients_are_those_under_a_mask_of_ancestors(tree, before, window, capped):
    layout = TreeLayout(tree, CPU)
    assert len(layout.segments(window, before)) >= 4
    given = states(tree, before)
    # A cap so high that it caps nothing takes the way by hand: x - cap tanh(x / cap) is x^3 / (3
    # cap^2), 1e-11 here.
    found = computed(over_tree(layout, window, **({"softcap": 1e6} if capped else {})), given)
    wanted = computed(under_mask(ancestors(tree, before, window)), given)
    for ours, theirs in zip(found, wanted, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-9)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")  # torch's own compiler warns of what it does itself
@pytest.mark.parametrize(
    ("before", "window"), [pytest.param(0, None, marks=pytest.mark.nightly), (9, 50)]
)
def test_the_compiled_backward_pass_has_the_gradients_of_plain_autograd(tree, before, window):
    given = states(tree, before, torch.float32)
    found = computed(over_tree(TreeLayout(tree, CPU, compiled=True), window), given)
    wanted = computed(under_mask(ancestors(tree, before, window)), given)
    for ours, theirs in zip(found, wanted, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)


def test_segments_that_see_the_same_keys_add_up_their_gradients():
    # Three sequences that begin alike, cut into three stretches of queries: all of them see the
    # first node's key.
    tree = Tree.of([[1, 2, 3, 4], [1, 2, 5, 6], [1, 7, 8]])
    n, cuts = len(tree), (0, 3, 5, len(tree))
    parts = [segment(tree, i, j, None, 0, CPU) for i, j in zip(cuts, cuts[1:], strict=False)]
    torch.manual_seed(0)
    given = [
        torch.randn(heads, n, 8, dtype=torch.float64, requires_grad=True) for heads in (4, 2, 2)
    ]
    above = torch.randn(n, 4, 8, dtype=torch.float64)
    out = attention.TreeAttention.apply(*given, parts, 0.3, False)
    query, key, value = (states.repeat_interleave(4 // len(states), 0) for states in given)
    sees = torch.tensor([[k <= q < tree.end[k] for k in range(n)] for q in range(n)])
    weights = (query @ key.transpose(1, 2) * 0.3).masked_fill(~sees, -torch.inf).softmax(-1)
    plain = (weights @ value).transpose(0, 1)
    torch.testing.assert_close(out, plain)
    found, expected = (torch.autograd.grad((one * above).sum(), given) for one in (out, plain))
    for ours, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize("masked", [False, True])
def test_capped_scores_are_those_of_the_formula(masked):
    draw = torch.Generator().manual_seed(11)
    query, key, value = (
        torch.randn(2, heads, n, WIDTH, generator=draw, dtype=torch.float64)
        for heads, n in ((HEADS, 3), (SHARED, 5), (SHARED, 5))
    )
    # Three new tokens after two cached ones; of the second row the first key is padding.
    sees = torch.ones(3, 5, dtype=torch.bool).tril(2).repeat(2, 1, 1, 1)
    if masked:
        sees[1, :, :, 0] = False
    cap, found = 0.7, []
    for row in range(2):
        for head in range(HEADS):
            keys, values = key[row, head // 2], value[row, head // 2]
            for at in range(3):
                own = sees[row, 0, at].nonzero()[:, 0]
                scores = keys[own] @ query[row, head, at] * SCALE
                weights = (cap * (scores / cap).tanh()).exp()
                found.append(weights / weights.sum() @ values[own])
    expected = torch.stack(found).view(2, HEADS, 3, WIDTH).transpose(1, 2)
    mask = sees if masked else None
    out, _ = attend(None, query, key, value, mask, scaling=SCALE, softcap=cap)
    torch.testing.assert_close(out, expected)
    # Without a scale, that of the width.
    usual, _ = attend(None, query, key, value, mask, softcap=cap)
    named, _ = attend(None, query, key, value, mask, softcap=cap, scaling=WIDTH**-0.5)
    torch.testing.assert_close(usual, named)
