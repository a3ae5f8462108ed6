"""Several adapters on one base: each says what it says alone, whoever else is there, in a batch or
in turn."""

from dataclasses import replace

import pytest
import torch

from assay.core.errors import ModelError, UsageError
from assay.core.types import Decoding, Message
from assay.deployment.shared_base.multi_adapter import Many
from assay.models.inference.batch_pass import BatchPass, line_up
from assay.models.inference.batch_plan import Padded
from assay.models.inference.shared_prefix_attention import Slots
from assay.strategies.training.lora import Lora
from assay.strategies.training.miss import Miss
from helpers.adapters import logits, saved, taught
from helpers.nights import nightly_but

pytestmark = pytest.mark.usefixtures("one_thread")
SETTINGS = {
    "plain": Lora(rank=4, alpha=12),
    "wide": Lora(rank=7, rs=True, targets=("q_proj", "down_proj")),
    "dora": Lora(rank=2, decompose=True),
}
TEXTS = (
    "my card",
    "so the taxi then and then again",
    "a",
    "plastic",
    "the lemon has what colour?",
    "money",
    "grass",
)


@pytest.fixture(scope="module")
def given(lesson_in, tmp_path_factory):
    return lesson_in(tmp_path_factory.mktemp("many") / "work", "classify")


@pytest.fixture(scope="module", params=nightly_but([0, 4], [0, 4, 8]))
def trained(request, given, open_tiny, tmp_path_factory):
    """bits, and name -> (folder of an adapter, what its own network says)."""
    made = {}
    for number, (name, settings) in enumerate(SETTINGS.items()):
        model = open_tiny()
        torch.manual_seed(number)
        change = settings.model_copy(update={"bits": request.param}).change(model, given)
        taught(model, change, replace(given, train=given.train[6 * number :]), rate=3e-2)
        with torch.no_grad():  # so that they differ in more than what they were taught
            for weight in change.trained.values():
                weight.add_(torch.randn_like(weight) / 20)
        folder = saved(change, tmp_path_factory.mktemp("adapter") / name)
        made[name] = folder, model
    return request.param, made


@pytest.fixture
def many(trained, given):
    bits, made = trained
    many = Many.open(Lora(bits=bits), given)
    for name, (folder, _) in made.items():
        many.add(name, folder)
    return many


def said(model, network, given):
    return logits(network, model, given)


# --- one at a time --------------------------------------------------------------------------------


@pytest.mark.slow
def test_each_says_what_it_says_alone_in_any_order(many, trained, given, open_tiny):
    _, made = trained
    bare = said(many.base, many.network, given)
    for name in ("wide", "plain", "dora", "plain"):
        many.use(name)
        torch.testing.assert_close(
            said(many.base, many.network, given),
            said(many.base, made[name][1].network, given),
            atol=1e-5,
            rtol=0,
        )
        assert (said(many.base, many.network, given) - bare).abs().max() > 1e-3
    many.use("")
    assert torch.equal(said(many.base, many.network, given), bare)


def test_the_base_is_there_once_and_each_adapter_costs_its_own_numbers(many, trained, open_tiny):
    from assay.training.bitsandbytes import quantise

    bits, _ = trained
    alone = open_tiny().network
    if bits:
        quantise(alone, bits)
    assert sum(w.nbytes for w in many.network.parameters()) == sum(
        w.nbytes for w in alone.parameters()
    )
    assert set(many.network.state_dict()) == set(alone.state_dict())
    linear = {
        "q": (64, 64),
        "k": (64, 32),
        "v": (64, 32),
        "o": (64, 64),
        "g": (64, 128),
        "u": (64, 128),
        "d": (128, 64),
    }
    every = 2 * sum(sum(shape) for shape in linear.values())  # inputs and outputs of both layers
    outputs = 2 * sum(out for _, out in linear.values())
    some = 2 * (64 + 64 + 128 + 64)
    assert many.bytes == 4 * (4 * every + 7 * some + 2 * every + outputs)
    many.drop("wide")
    assert many.bytes == 4 * (6 * every + outputs)


def test_an_adapter_that_was_dropped_leaves_the_base_as_it_was(many, given, open_tiny, trained):
    bits, _ = trained
    many.use("plain")
    for name in many.names:
        many.drop(name)
    assert many.bytes == 0 and many.names == ()
    if not bits:
        assert torch.equal(
            said(many.base, many.network, given), said(many.base, open_tiny().network, given)
        )


def test_dropping_an_adapter_changes_whose_turn_it_is_only_where_it_was_its_own(many, given):
    many.use("plain")
    mine = said(many.base, many.network, given)
    for other in ("dora", "wide"):  # a name before it and one behind it
        many.drop(other)
        assert torch.equal(said(many.base, many.network, given), mine)
    many.drop("plain")
    assert many.names == () and (said(many.base, many.network, given) - mine).abs().max() > 1e-3


def test_adapters_from_pefts_own_files_with_pissa_are_taken(given, open_tiny, tmp_path):
    model = open_tiny()
    change = Lora(rank=4, initialise="pissa", rs=True).change(model, given)
    taught(model, change, given)
    many = Many(open_tiny())
    many.add("pissa", saved(change, tmp_path / "arm"))
    many.use("pissa")
    torch.testing.assert_close(
        said(model, many.network, given), said(model, model.network, given), atol=1e-5, rtol=0
    )


# --- mixed in one pass ----------------------------------------------------------------------------

ROWS = ("plain", "", "dora", "wide", "plain", "", "dora")


def prompts(model):
    return [model.chat.prompt((Message("user", text),))[0] for text in TEXTS]


def alone(many, trained, name, ids):
    """Hidden states of one row, by the network of that adapter alone."""
    network = trained[1][name][1].network if name else many.network
    with torch.no_grad():
        return network.base_model(input_ids=torch.tensor([ids]), use_cache=False).last_hidden_state[
            0
        ]


def test_rows_of_one_pass_have_their_own_adapters(many, trained):
    ids = prompts(many.base)
    rows = Padded.of(ids, start=0, pad=many.base.pad, device=many.base.device)
    with torch.no_grad(), many.rows(ROWS):
        states = many.base.body(
            input_ids=rows.ids,
            position_ids=rows.depth,
            attention_mask=rows.real.long(),
            use_cache=False,
        ).last_hidden_state
    for row, (name, own) in enumerate(zip(ROWS, ids, strict=True)):
        torch.testing.assert_close(
            states[row, -len(own) :], alone(many, trained, name, own), atol=1e-5, rtol=1e-5
        )


def test_rows_of_one_line_have_their_own_adapters_while_they_enter_and_while_they_write(
    many, trained
):
    """Prompts enter in one pass, one token of each row follows in the next."""
    ids = prompts(many.base)
    slots = Slots(len(ids), 40)

    def passed(rows, line):
        stretches = line_up((i, before, new, None) for i, (before, new) in enumerate(rows))
        step = BatchPass.of(slots, stretches, many.base.device)
        with torch.no_grad(), many.rows(ROWS, at=step.slot):
            hidden = many.base.body(
                input_ids=torch.tensor([line]),
                position_ids=step.place[None],
                attention_mask=torch.ones(1, 1, 1, 1, dtype=torch.long),
                lent=step,
                use_cache=False,
            ).last_hidden_state[0]
        return hidden[[stretch.last for stretch in stretches]]

    first = passed([(0, len(own)) for own in ids], [token for own in ids for token in own])
    second = passed([(len(own), 1) for own in ids], [7] * len(ids))
    for row, (name, own) in enumerate(zip(ROWS, ids, strict=True)):
        whole = alone(many, trained, name, [*own, 7])
        torch.testing.assert_close(first[row], whole[-2], atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(second[row], whole[-1], atol=1e-5, rtol=1e-5)


def test_rows_of_one_adapter_need_no_index_and_of_the_base_none_at_all(many, given):
    bare = said(many.base, many.network, given)
    with many.rows(["", ""]):
        assert torch.equal(said(many.base, many.network, given), bare)


def test_a_pass_of_other_rows_than_were_named_is_an_error(many):
    with many.rows(["plain", "dora"]), pytest.raises(ValueError, match="named for 2 rows"):
        many.base.body(input_ids=torch.ones(3, 4, dtype=torch.long))
    at = torch.tensor([0, 0, 1])
    with many.rows(["plain", "dora"], at=at), pytest.raises(ValueError, match="named for 3 tokens"):
        many.base.body(input_ids=torch.ones(1, 4, dtype=torch.long))


def test_after_the_rows_it_is_the_turn_of_who_had_it_before(many, given):
    many.use("dora")
    before = said(many.base, many.network, given)
    with many.rows(["plain", ""]), many.rows(["wide"]):
        pass
    assert torch.equal(said(many.base, many.network, given), before)


def test_a_pass_with_gradients_is_left_whole(many):
    """The base's outputs are not written over: who trains through them finds them as they were."""
    x = torch.ones(2, 3, 64, requires_grad=True)
    layer = many.network.model.layers[0].self_attn.q_proj
    with many.rows(["plain", "wide"]):
        layer(x).square().sum().backward()
    assert x.grad is not None and torch.isfinite(x.grad).all()


# --- models and arms ------------------------------------------------------------------------------


@pytest.mark.slow
def test_models_of_one_network_write_and_score_as_each_alone_does(many, trained):
    _, made = trained
    asked = [(Message("user", text),) for text in TEXTS]
    options = ["card", "card lost", "refund"]
    models = {name: many.model(name) for name in ("plain", "dora", "wide")}
    for _ in range(2):  # the second time with what each has kept from the first
        for name, model in models.items():
            own = made[name][1]
            wanted = own.generate(asked, max_tokens=6)
            assert [one.text for one in model.generate(asked, max_tokens=6)] == [
                one.text for one in wanted
            ]
            scores = torch.from_numpy(model.score(asked, options))
            torch.testing.assert_close(
                scores, torch.from_numpy(own.score(asked, options)), atol=1e-4, rtol=0
            )


@pytest.mark.slow
def test_streams_of_two_adapters_may_take_turns(many):
    asked = (Message("user", TEXTS[1]),)
    how = Decoding(temperature=3.0, seed=5)  # so that they go on for a while, each its own way
    whole = {
        name: "".join(many.model(name).stream(asked, max_tokens=8, how=how))
        for name in ("plain", "dora")
    }
    streams = {name: many.model(name).stream(asked, max_tokens=8, how=how) for name in whole}
    told = dict.fromkeys(whole, "")
    while streams:
        for name in list(streams):
            piece = next(streams[name], None)
            if piece is None:
                del streams[name]
            else:
                told[name] += piece
    assert told == whole and whole["plain"] != whole["dora"]


def test_close_scores_in_bf16_are_taken_again_with_one_wide_copy_of_the_base(
    given, open_tiny, trained
):
    bits, made = trained
    if bits:
        pytest.skip("a quantised base has no wide copy")
    many = Many(open_tiny(dtype=torch.bfloat16))
    for name in ("plain", "dora"):
        many.add(name, made[name][0])
    first, second = many.model("plain").exact(), many.model("dora").exact()
    assert first.network is second.network and first.network is not many.network
    asked = [(Message("user", text),) for text in TEXTS[:2]]
    wanted = made["plain"][1].score(asked, ["card", "refund"], left=0.0)
    found = first.score(asked, ["card", "refund"], left=0.0)
    # The copy's weights are bf16's, so the two differ by that rounding and no more.
    torch.testing.assert_close(torch.from_numpy(found), torch.from_numpy(wanted), atol=0.2, rtol=0)


def test_an_adapter_of_another_kind_is_refused(given, open_tiny, tmp_path):
    change = Miss(rank=4).change(open_tiny(), given)
    with pytest.raises(ModelError) as caught:
        Many(open_tiny()).add("miss", saved(change, tmp_path / "arm"))
    assert caught.value.problems[0].code == "M114" and "MISS" in caught.value.problems[0].text


def test_a_name_that_is_not_there_is_said_with_those_that_are(many):
    with pytest.raises(UsageError) as caught:
        many.use("plaim")
    (problem,) = caught.value.problems
    assert problem.code == "C130" and "plain" in problem.text and "wide" in problem.help
