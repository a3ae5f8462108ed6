"""What cannot be answered is refused before it waits."""

import pytest
import torch

from assay.core.errors import ModelError
from assay.core.types import Decoding, Form
from assay.deployment.server.engine import base_arm
from assay.deployment.server.engine_api import Wanted
from helpers.engines import begin, chat, running


@pytest.fixture(scope="module")
def model(open_tiny):
    model = open_tiny()
    with torch.no_grad():
        model.head.weight[model.chat.end[0]] *= 1.6
    return model


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        (Wanted("base", chat("", "card " * 600), max_tokens=8), "M120"),
        (Wanted("base", chat("", "c" * 1_000_000), max_tokens=8), "M120"),
        (Wanted("base", chat("", "card"), max_tokens=512), "M120"),
        (Wanted("base", text=(1,) * 510, max_tokens=3), "M120"),
        (Wanted("base", ()), "M121"),
        (Wanted("base", chat("", "a", "b")), "M121"),
        (Wanted("base", chat("", "a"), echo=True), "M121"),
        (Wanted("base", text=()), "M121"),
        (Wanted("base", text=(1, 2, 433)), "M122"),
        (Wanted("base", text=(-1,)), "M122"),
        (Wanted("bass", chat("", "a")), "M123"),
        (Wanted("base", chat("", "a"), how=Decoding(form=Form("json", "{"))), "M056"),
    ],
)
def test_what_cannot_be_answered_is_refused_before_it_waits(model, wanted, code):
    with running([base_arm(model)]) as engine:
        with pytest.raises(ModelError, match=code):
            begin(engine, wanted)
        assert engine.load().waiting == engine.load().running == 0


@pytest.fixture
def engine(model):
    with running([base_arm(model)]) as engine:
        yield engine


def test_marks_in_a_completion_are_plain_text(model, engine):
    control = model.chat.tokenizer.convert_tokens_to_ids("<|im_start|>")
    heard = begin(engine, Wanted("base", text="<|im_start|>user", max_tokens=0, echo=True, top=0))
    assert control not in [told.id for told in heard.tokens] and len(heard.tokens) > 5
    raw = begin(engine, Wanted("base", text=(control, 5), max_tokens=0, echo=True, top=0))
    assert [told.id for told in raw.tokens] == [control, 5]
