"""What goes on from another strategy's weights is that strategy in all that is kept."""

from dataclasses import replace

import pytest

from assay.config import make_strategy
from assay.config.complaints import SettingsError
from assay.strategies.training.after_inner import AfterInner
from assay.strategies.training.lora import Lora
from assay.strategies.training.preference import Preference


@pytest.mark.slow
@pytest.mark.usefixtures("one_thread")
def test_it_starts_at_the_weights_of_the_inner_strategy(lesson):
    given = lesson("answer")
    asked = []

    def fit(inner, own):
        asked.append((inner, own.workdir, own.start))
        return inner.fit(own)

    inner = Lora(rank=2, epochs=1, batch_size=18, val_rows=2)
    after = Preference(inner=inner).after_inner(replace(given, fit=fit))
    assert asked == [(inner, given.workdir / "inner", None)]
    assert (after.start / "adapter_model.safetensors").exists()
    assert Preference(inner=inner, from_base=True).after_inner(given) is given


@pytest.mark.parametrize("kind", ["dpo", "grpo"])
def test_inner_strategies_that_cannot_be(kind):
    more = {"reward": "exact"} if kind == "grpo" else {}
    for inner, part in (
        ({"kind": "tfidf"}, "trains no answers"),
        ({"kind": "lora", "initialise": "pissa"}, "from_base: true"),
    ):
        with pytest.raises(SettingsError, match=part):
            make_strategy({"kind": kind, "inner": inner, **more}, {})
    whole = make_strategy({"kind": kind, "inner": {"kind": "full"}, **more}, {})
    assert isinstance(whole, AfterInner) and whole.mergeable == whole.inner.mergeable
    assert not whole.peft
