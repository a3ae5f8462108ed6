"""setfit and encoder: their first loss written out, what they learn, kept, resumed and refused; all
kinds of task."""

from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from transformers import AlbertConfig, AutoConfig, AutoModel

from assay.config import make_strategy
from assay.config.complaints import SettingsError
from assay.core.errors import Stopped, TrainError
from assay.core.types import Example, Lesson, Means, Message, Task
from assay.models.embeddings import Embedder
from assay.runtime.arms.job import task_score
from assay.strategies.encoders.contrastive_losses import batch_contrast, pair_cosine
from assay.strategies.encoders.encoder_settings import freeze_below
from assay.strategies.encoders.label_targets import label_indicators
from assay.strategies.encoders.layer_states import EncoderTrunk
from assay.strategies.encoders.setfit import Tuning
from assay.strategies.encoders.text_batches import ChunkedGradients
from assay.tasks.options import question_with_options
from helpers.nights import nightly_but
from helpers.retriever_lesson import encoder as build

pytestmark = pytest.mark.usefixtures("one_thread")
THINGS = {"apple": "red", "sky": "blue", "coal": "black"}
FRAMES = ("a {}", "in a {}", "lost {}", "a lost {}", "{} in a taxi", "{} refund")
COLOURS = tuple(THINGS.values())
PLAIN = {"precision": "fp32", "weight_decay": 0.0, "warmup": 0.0, "words": "trained"}
LEARN = {**PLAIN, "learning_rate": 5e-3, "epochs": 8, "patience": 8, "batch_size": 6, "c": 100.0}
both = pytest.mark.parametrize("kind", ["setfit", "encoder"])


def row(name, text, target, options=()):
    return Example(name, (Message("user", text),), target, options=options)


def classify(frame, thing):
    return row(f"{frame}-{thing}", frame.format(thing), THINGS[thing])


def multilabel(frame, thing):
    labels = sorted({THINGS[thing]} | ({"red"} if "lost" in frame else set()) - {"black"})
    return row(
        f"{frame}-{thing}", frame.format(thing), " | ".join(labels) if thing != "coal" else "none"
    )


def choose(frame, thing):
    turn = len(frame) % 3
    options = (*COLOURS[turn:], *COLOURS[:turn])
    return row(
        f"{frame}-{thing}",
        question_with_options(frame.format(thing), options),
        "ABC"[options.index(THINGS[thing])],
        options,
    )


def rank(frame, thing):
    grades = " ".join("2" if colour == THINGS[thing] else "0" for colour in COLOURS)
    return row(
        f"{frame}-{thing}",
        frame.format(thing),
        grades,
        tuple(f"a {colour} card" for colour in COLOURS),
    )


MADE = {"classify": classify, "multilabel": multilabel, "choose": choose, "rank": rank}
TASKS = {
    "classify": Task(kind="classify", labels=COLOURS),
    "multilabel": Task(kind="multilabel", labels=("blue", "red")),
    "choose": Task(kind="choose", labels=("A", "B", "C")),
    "rank": Task(kind="rank"),
}
CASES = [("setfit", "classify"), ("setfit", "multilabel"), *(("encoder", kind) for kind in MADE)]
each = pytest.mark.parametrize(("kind", "asked"), CASES)
half_by_day = pytest.mark.parametrize(("kind", "asked"), nightly_but(CASES[::2], CASES))


@pytest.fixture(scope="module")
def encoder(tmp_path_factory):
    return build(tmp_path_factory.mktemp("encoder"))


@pytest.fixture
def lesson(encoder, tmp_path):
    def make(kind="classify", *, name="work", folder=encoder, tell=lambda event: None):
        (tmp_path / name).mkdir(exist_ok=True)
        task, one = TASKS[kind], MADE[kind]
        rows = [one(frame, thing) for frame in FRAMES for thing in THINGS]
        means = Means(
            seed=3, workdir=tmp_path / name, tell=tell, encoder_folder=lambda name: folder
        )
        given = {"train": tuple(rows[:12]), "val": tuple(rows[12:])}
        return Lesson(
            task, **given, means=means, judge=lambda some, answers: task_score(some, answers, task)
        )

    return make


def strategy(kind, **settings):
    return make_strategy({"kind": kind, **LEARN, **settings}, {})


def told(arm, lesson):
    return [
        answer.to_json()
        for answer in arm.answer([row.question for row in (*lesson.val, *lesson.train)])
    ]


# --- the loss -------------------------------------------------------------------------------------


def test_the_first_loss_of_setfit_is_the_contrast_of_rows_and_names(lesson, encoder):
    given = replace(lesson(), val=())
    arm = strategy("setfit", epochs=1, batch_size=12, scale=7.0).fit(given)
    vectors = torch.from_numpy(Embedder(encoder)([*(row.text for row in given.train), *COLOURS]))
    same = torch.tensor([[float(a.target == b.target) for b in given.train] for a in given.train])
    named = torch.tensor([[float(a.target == label) for label in COLOURS] for a in given.train])
    expected = float(batch_contrast(vectors, torch.cat([same, named], 1), 7.0))
    assert arm.training["curve"][0]["train_loss"] == pytest.approx(expected, rel=1e-4)


def test_the_first_loss_of_pairs_is_that_of_the_pairs_drawn(lesson, encoder):
    given = replace(lesson(), val=())
    settings = strategy("setfit", objective="pairs", epochs=1, batch_size=12)
    loss = settings.fit(given).training["curve"][0]["train_loss"]
    vectors = torch.from_numpy(Embedder(encoder)([row.text for row in given.train]))
    cosines = (vectors @ vectors.T).clamp(-1, 1)
    same = torch.tensor([[a.target == b.target for b in given.train] for a in given.train])
    other = ~torch.eye(12, dtype=torch.bool)
    errors = [(cosines[rows] - value) ** 2 for rows, value in ((same & other, 1.0), (~same, 0.0))]
    # Each row has one pair of each sort: the loss lies between the means of the smallest and of the
    # largest errors.
    assert sum(e.min() for e in errors) / 2 <= loss <= sum(e.max() for e in errors) / 2
    assert loss == pytest.approx(sum(float(e.mean()) for e in errors) / 2, rel=0.5)
    assert float(pair_cosine(vectors, vectors, torch.ones(12))) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("class_weight", ["none", "balanced"])
def test_the_first_loss_of_the_encoder_is_cross_entropy_by_the_linear_model(
    lesson, encoder, class_weight
):
    from sklearn.linear_model import LogisticRegression

    given = lesson()
    given = replace(given, val=(), train=given.train[:8])  # three, three and two rows
    arm = strategy("encoder", epochs=1, batch_size=8, class_weight=class_weight).fit(given)
    vectors = Embedder(encoder)([row.text for row in given.train])
    places = [COLOURS.index(row.target) for row in given.train]
    weight = None if class_weight == "none" else "balanced"
    model = LogisticRegression(C=100.0, max_iter=1000, class_weight=weight).fit(vectors, places)
    logs = model.predict_log_proba(vectors)[range(8), places]
    counts = np.array([8 / 3 / places.count(place) for place in places]) if weight else np.ones(8)
    expected = -float((counts * logs).sum() / counts.sum())
    assert arm.training["curve"][0]["train_loss"] == pytest.approx(expected, rel=1e-3)


def test_parts_of_a_batch_give_the_gradient_of_the_whole(encoder):
    embed = Embedder(encoder)
    ids, wanted = (
        embed.ids([f.format(t) for f in FRAMES for t in THINGS]),
        torch.eye(3).repeat(6, 6),
    )
    found = []
    for settings in ((1 << 20, False, 1 << 20), (16, False, 1 << 20), (16, False, 0)):
        embed.network.zero_grad()
        value = ChunkedGradients(embed, *settings).gradients(
            ids, lambda vectors: batch_contrast(vectors, wanted, 5.0)
        )
        found.append(
            (value, embed.network.encoder.layer[0].attention.self.value.weight.grad.clone())
        )
    for value, gradient in found[1:]:
        assert value == pytest.approx(found[0][0], rel=1e-5)
        assert gradient == pytest.approx(found[0][1], abs=1e-5)


def test_rows_of_a_label_stand_together(lesson, encoder):
    tuning = Tuning(strategy("setfit", batch_size=4), Embedder(encoder), lesson())
    for epoch in range(3):
        batches = tuning._batches(epoch)
        assert sorted(number for batch in batches for number in batch) == list(range(12))
        places = label_indicators(tuning.lesson.train, tuning.lesson.task).argmax(1)
        assert all((places[batch][::2] == places[batch][1::2]).all() for batch in batches)


# --- learning -------------------------------------------------------------------------------------


@pytest.mark.slow
@half_by_day
def test_what_was_trained_is_known(lesson, kind, asked):
    given = lesson(asked)
    given = replace(given, val=given.train)
    arm = strategy(kind, epochs=20, patience=20).fit(given)
    assert (
        task_score(given.train, arm.answer([row.question for row in given.train]), given.task) > 0.9
    )
    losses = [point["train_loss"] for point in arm.training["curve"]]
    assert losses[-1] < losses[0]


@pytest.mark.slow
@each
def test_it_comes_back_with_the_same_answers(lesson, tmp_path, kind, asked):
    given, settings = lesson(asked), strategy(kind, epochs=2, words="frozen")
    arm = settings.fit(given)
    (tmp_path / "arm").mkdir()
    arm.save(tmp_path / "arm")
    assert {path.suffix for path in (tmp_path / "arm").iterdir()} == {".json", ".safetensors"}
    again = settings.restore(tmp_path / "arm", replace(given, train=(), val=()))
    assert told(again, given) == told(arm, given)
    other = build(tmp_path / "other", ("more",))
    with pytest.raises(RuntimeError, match="is not the encoder"):
        settings.restore(
            tmp_path / "arm",
            replace(given, means=replace(given.means, encoder_folder=lambda n: other)),
        )


@pytest.mark.slow
@half_by_day
def test_interrupted_after_each_step_it_ends_in_the_same_bits(lesson, tmp_path, kind, asked):
    drops, steps = build(tmp_path / "drops", dropout=0.2, layers=2), []
    settings = strategy(
        kind, epochs=2, batch_size=5, words="frozen", **({"layers": 1} if kind == "encoder" else {})
    )
    whole = settings.fit(lesson(asked, name="whole", folder=drops, tell=steps.append))
    total = max(
        event["done"] for event in steps if event["event"] == "progress" and event["unit"] == "step"
    )

    def stopping(step):
        def tell(event):
            if event["event"] == "progress" and event["unit"] == "step" and event["done"] == step:
                raise Stopped(15)

        return tell

    for step in range(1, total + 1):
        with pytest.raises(Stopped):
            settings.fit(lesson(asked, name="run", folder=drops, tell=stopping(step)))
        torch.manual_seed(step)
    again = settings.fit(lesson(asked, name="run", folder=drops))
    assert again.training == whole.training
    assert told(again, lesson(asked)) == told(whole, lesson(asked))


@both
def test_frozen_words_stay_and_are_not_kept(lesson, tmp_path, encoder, kind):
    arm = strategy(kind, words="frozen", epochs=1).fit(replace(lesson(), val=()))
    name = "embeddings.word_embeddings.weight"
    assert torch.equal(
        arm.embed.network.state_dict()[name], Embedder(encoder).network.state_dict()[name]
    )
    assert name not in arm.trained and "encoder.layer.0.output.dense.weight" in arm.trained


# --- layers ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def two_layers(tmp_path_factory):
    return build(tmp_path_factory.mktemp("two"), layers=2)


def test_the_lower_half_stays_and_is_not_kept(lesson, two_layers):
    arm = strategy("setfit", epochs=1, words="frozen").fit(
        replace(lesson(folder=two_layers), val=())
    )
    came, is_now = Embedder(two_layers).network.state_dict(), arm.embed.network.state_dict()
    changed = {name for name in came if not torch.equal(came[name], is_now[name])}
    assert (
        changed
        == set(arm.trained)
        == {name for name in came if name.startswith("encoder.layer.1.")}
    )


@both
def test_how_many_layers_are_trained(lesson, kind, two_layers):
    given = replace(lesson(folder=two_layers), val=())
    frozen = partial(strategy, kind, epochs=1, words="frozen")
    first = {layers: frozen(layers=layers).fit(given).trained[0] for layers in (1, "half", "all")}
    assert first[1].startswith("encoder.layer.1.") and first[1] == first["half"]
    assert first["all"].startswith("embeddings.position")
    with pytest.raises(TrainError, match="T041"):
        frozen(layers=3).fit(given)
    with pytest.raises(SettingsError, match="leave `layers` out"):
        strategy(kind, layers=1, words="trained")


def test_kept_states_give_the_vectors_and_gradients_of_the_whole_encoder(two_layers):
    embed, found = Embedder(two_layers), []
    freeze_below(embed.network, 1)
    texts = [frame.format(thing) for frame in FRAMES for thing in THINGS]
    ids, wanted = embed.ids(texts), torch.eye(3).repeat(6, 6)
    counted: list[int] = []
    embed.network.encoder.layer[0].register_forward_hook(lambda *_: counted.append(1))
    for trunk in (nullcontext(), EncoderTrunk(embed, ids), EncoderTrunk(embed, ids, room=100)):
        embed.network.zero_grad()
        counted.clear()  # once for each part that the frozen layer reads
        with trunk:
            vectors = embed(texts)
            ChunkedGradients(embed, 16, False).gradients(
                ids, lambda vectors: batch_contrast(vectors, wanted, 5.0)
            )
            passes = len(counted)
            other = embed(["a text that is not among them"])
        found.append(
            (
                vectors,
                embed.network.encoder.layer[1].output.dense.weight.grad.clone(),
                other,
                passes,
            )
        )
    whole, kept, too_many = found
    assert kept[3] == 0 < whole[3] == too_many[3]
    for one in (kept, too_many):
        assert one[0] == pytest.approx(whole[0], abs=1e-6) and one[2] == pytest.approx(
            whole[2], abs=1e-6
        )
        assert one[1] == pytest.approx(whole[1], abs=1e-6)


KINDS = ("bert", "distilbert", "roberta", "mpnet", "electra", "modernbert", "deberta-v2")
SMALL = {
    "num_hidden_layers": 4,
    "n_layers": 4,
    "hidden_size": 32,
    "dim": 32,
    "num_attention_heads": 2,
    "n_heads": 2,
}
SMALL |= {
    "intermediate_size": 64,
    "hidden_dim": 64,
    "vocab_size": 60,
    "embedding_size": 32,
    "pad_token_id": 0,
}


def of_kind(kind):
    """An embedder on a random network of that kind: 4 layers, width 32."""
    config = AutoConfig.for_model(kind)
    for name in SMALL.keys() & vars(config).keys():
        setattr(config, name, SMALL[name])
    embed = object.__new__(Embedder)
    embed.network, embed.below = AutoModel.from_config(config).eval(), lambda rows: nullcontext()
    embed.tokenizer, embed.encoder = (
        SimpleNamespace(pad_token_id=0),
        SimpleNamespace(pooling=("mean",)),
    )
    return embed


@pytest.mark.parametrize("kind", KINDS)
def test_the_lower_half_of_popular_encoders_can_be_kept(kind):
    embed, texts = of_kind(kind), [[5, 6, 7, 8], [9, 10], [11, 12, 13, 14, 15, 16]]
    freeze_below(embed.network, "half")
    with torch.no_grad():
        whole = embed.embed_ids(texts)
        with EncoderTrunk(embed, texts):
            embed.network.get_input_embeddings().weight.zero_()  # nothing below is read any more
            kept = embed.embed_ids(texts)
    assert whole.numpy() == pytest.approx(kept.numpy(), abs=1e-6)


def test_layers_that_share_their_weights_are_all_trained():
    shared = AutoModel.from_config(
        AlbertConfig(
            vocab_size=50,
            hidden_size=16,
            intermediate_size=16,
            num_attention_heads=2,
            embedding_size=8,
        )
    )
    freeze_below(shared, "half")
    assert all(weight.requires_grad for weight in shared.parameters())


@pytest.mark.parametrize(
    ("tokens", "setfit", "encoder"), [(1_000, 7, 10), (18_000, 7, 8), (40_000, 3, 3), (10**7, 3, 3)]
)
def test_epochs_are_derived_from_what_is_read(tokens, setfit, encoder):
    found = [make_strategy({"kind": kind}, {}).rounds(tokens) for kind in ("setfit", "encoder")]
    assert found == [setfit, encoder] and strategy("setfit", epochs=12).rounds(tokens) == 12


# --- few and refused ------------------------------------------------------------------------------


@both
def test_a_label_without_rows_is_never_answered(lesson, kind):
    given = lesson()
    some = tuple(row for row in given.train if row.target != "black")
    arm = strategy(kind, epochs=2).fit(replace(given, train=some, val=()))
    assert {answer.text for answer in arm.answer([row.question for row in given.val])} <= {
        "red",
        "blue",
    }


@both
def test_rows_of_one_label_alone(lesson, kind):
    given = lesson()
    some = tuple(row for row in given.train if row.target == "blue")
    arm = strategy(kind, epochs=1).fit(replace(given, train=some))
    assert {answer.text for answer in arm.answer([row.question for row in given.val])} == {"blue"}


@pytest.mark.parametrize(
    ("kind", "asked"), [("setfit", "choose"), ("setfit", "rank"), ("encoder", "answer")]
)
def test_other_kinds_of_task_are_refused(kind, asked):
    task = Task(kind=asked)
    (problem,) = strategy(kind).unfit(task)
    assert problem.code == "T042"


def test_extract_is_refused_with_the_way_to_a_tagger():
    (problem,) = strategy("encoder").unfit(Task(kind="extract"))
    assert problem.code == "T042" and "token_head" in problem.help


@both
@pytest.mark.parametrize("asked", ["classify", "multilabel"])
def test_a_target_that_is_no_label_is_named(lesson, kind, asked):
    given = lesson(asked)
    wrong = replace(given.train[0], target="green", source="rows.csv:7")
    with pytest.raises(TrainError) as caught:
        strategy(kind).fit(replace(given, train=(wrong, *given.train[1:])))
    assert [(problem.code, problem.place) for problem in caught.value.problems] == [
        ("T043", "rows.csv:7")
    ]


@both
def test_its_card_names_every_setting(kind):
    card = (Path(__file__).parents[3] / "docs" / "methods" / f"{kind}.md").read_text()
    fields = type(strategy(kind)).model_fields
    assert not [name for name in fields if name != "kind" and f"| `{name}` |" not in card]
