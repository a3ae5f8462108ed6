import torch


def test_logits_are_computed_in_fp32_and_follow_the_weights(open_tiny):
    model = open_tiny(dtype=torch.bfloat16)
    hidden = torch.randn(3, 64, generator=torch.Generator().manual_seed(0)).bfloat16()
    wide = lambda: hidden.float() @ model.head.weight.float().T  # noqa: E731
    assert torch.equal(model.logits(hidden), wide())
    with torch.no_grad():
        model.head.weight.mul_(2)
    assert torch.equal(model.logits(hidden), wide())


def test_no_copy_where_weights_are_wide_or_trained_or_many(open_tiny, monkeypatch):
    from assay.models.inference import causal_lm

    assert open_tiny().exact() is None
    narrow = open_tiny(dtype=torch.bfloat16)
    assert narrow.exact() is not None
    monkeypatch.setattr(causal_lm, "EXACT_BYTES", 1000)
    assert narrow.exact() is None
    monkeypatch.undo()
    narrow.head.weight.requires_grad_(True)
    assert narrow.exact() is None
