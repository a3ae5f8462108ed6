"""Documents are read before the task is learnt: in a run of its own, which survives a kill as the
task's does."""

import os
import signal
from dataclasses import replace
from functools import partial

import pytest
import torch
from safetensors.torch import load_file

from assay.config import make_strategy
from assay.core.errors import Stopped, UsageError
from assay.core.types import Document
from assay.training.loop import Training
from assay.training.objectives.language_modelling import language_modelling, windows
from helpers.nights import nightly_but
from helpers.teams import side_by_side

pytestmark = pytest.mark.usefixtures("one_thread")
QUICK = {"epochs": 2, "batch_size": 12, "val_rows": 4}
LORA = {"kind": "lora", "rank": 2, "learning_rate": 3e-3, "dropout": 0.2, "read_first": 3, **QUICK}
RESULT = "reading/documents/read.safetensors"
# Six documents in batches of two: three steps an epoch.
SHORT = {"batch_size": 2, "max_length": 40, "too_long": "cut"}


def fitted(given, settings):
    return make_strategy(settings, {}).fit(given)


def at(unit, step, what):
    """A `tell` that does something once this step was told."""

    def tell(event):
        if event["event"] == "progress" and (event["unit"], event["done"]) == (unit, step):
            what()

    return tell


def stop():
    raise Stopped


def kill():
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.slow
def test_it_is_language_modelling_in_the_same_loop(lesson, tmp_path):
    # The run that is written here: the same change, sequences and settings, with epochs of its own.
    given = lesson("answer")
    settings = make_strategy({**LORA, **SHORT}, {})
    settings.fit(given)
    torch.manual_seed(given.seed)
    model = given.open_base()
    change = settings.change(model, given)
    sequences = windows(replace(model.chat, max_length=40), given.documents)
    (tmp_path / "plain").mkdir()
    Training(
        network=model.network,
        change=change,
        sequences=sequences,
        sources=[""] * len(sequences),
        settings=settings.model_copy(update={"epochs": 3}),
        seed=given.seed,
        pad=model.chat.tokenizer.pad_token_id,
        objective=language_modelling,
        held=(),
        evaluate=None,
        workdir=tmp_path / "plain",
        tell=lambda event: None,
    ).run()
    read = load_file(given.workdir / RESULT)
    assert set(read) == set(change.trained)
    assert all(torch.equal(read[name], weight) for name, weight in change.trained.items())


@pytest.mark.slow
def test_the_task_begins_from_what_was_read(lesson, open_tiny):
    # The task's first loss is that of a model with the weights that reading left, and no longer the
    # base's.
    given = lesson("answer")
    # one step, whose loss is the one before it
    settings = {**LORA, "epochs": 1, "batch_size": 64, "val_rows": 200}
    arm = fitted(given, settings)
    strategy, model = make_strategy(settings, {}), given.open_base()
    change = strategy.change(model, given)
    with torch.no_grad():
        for name, tensor in load_file(given.workdir / RESULT).items():
            change.trained[name].copy_(tensor)
    model.network.eval()
    total = tokens = 0.0
    for row in given.val:
        sequence = model.chat.pair(arm.prompt(row), row.target)
        labels = torch.full((len(sequence.ids),), -100)
        labels[sequence.targets] = torch.tensor(sequence.ids)[sequence.targets]
        count = len(sequence.targets)
        with torch.no_grad():
            total += (
                float(model.network(torch.tensor([sequence.ids]), labels=labels[None]).loss) * count
            )
        tokens += count
    assert arm.start_loss == pytest.approx(total / tokens, rel=1e-4)
    plain = fitted(lesson("answer", workdir=given.workdir), {**settings, "read_first": 0})
    assert abs(plain.start_loss - arm.start_loss) > 1e-3


@pytest.mark.slow
def test_it_shows_progress_of_its_own_and_the_fit_is_the_tasks(lesson):
    told = []
    arm = fitted(lesson("classify", tell=told.append), {**LORA, **SHORT, "epochs": 1})
    steps = [e for e in told if e["event"] == "progress" and e["unit"] == "reading step"]
    assert [(e["done"], e["total"]) for e in steps] == [(i, 9) for i in range(1, 10)]
    assert steps[-1]["values"]["train"] < steps[0]["values"]["train"]
    assert not [e for e in steps if "fit" in e["values"] or "val" in e["values"]]
    (note,) = [e["text"] for e in told if e["event"] == "note"]
    assert note.startswith("lora first reads the documents: ") and note.endswith(
        " tokens in 3 epochs"
    )
    assert len([e for e in told if e["event"] == "evaluation"]) == len(arm.curve) == 1


def test_only_an_arm_that_reads_has_documents_in_its_key(lesson):
    assert make_strategy({"kind": "lora"}, {}).reads == ("train", "val")
    assert make_strategy({"kind": "lora", "read_first": 1}, {}).reads == (
        "train",
        "val",
        "documents",
    )


@pytest.mark.parametrize("documents", [(), (Document("a", " \n"),)], ids=["none", "no text"])
def test_without_text_to_read_it_is_refused_before_a_model_is_opened(lesson, documents):
    given = lesson("classify")
    given = replace(given, documents=documents, means=replace(given.means, open_model=None))
    with pytest.raises(UsageError) as caught:
        fitted(given, LORA)
    (problem,) = caught.value.problems
    assert (problem.code, problem.place) == ("C079", "documents")


# --- a run that was stopped -----------------------------------------------------------------------


@pytest.fixture
def saved(lesson, tmp_path):
    """`saved(name, settings)`: bytes of the arm that is fitted in a folder of this name."""

    def fit(name, settings, **means):
        (tmp_path / name).mkdir(exist_ok=True)
        folder = tmp_path / f"{name}-arm"
        folder.mkdir(exist_ok=True)
        fitted(lesson("classify", workdir=tmp_path / name, **means), settings).save(folder)
        return {p.name: p.read_bytes() for p in sorted(folder.iterdir())}

    return fit


FORMS = [
    LORA,
    {"kind": "full", "learning_rate": 1e-3, "read_first": 2, **QUICK},
    {"kind": "full", "learning_rate": 1e-3, "layers": 1, "read_first": 2, **QUICK},
    {"kind": "adalora", "rank": 2, "start_rank": 3, "read_first": 2, **QUICK},
    {"kind": "prefix", "read_first": 2, **QUICK},
    {"kind": "p_tuning", "read_first": 2, **QUICK},
    {**LORA, "initialise": "pissa"},
    {**LORA, "bits": 4, "dropout": 0.0},
    {**LORA, "teacher": "t", "unfreeze": "gradually"},
    {**LORA, "objective": "label_set"},
]


@pytest.mark.slow
@pytest.mark.parametrize(
    "settings",
    nightly_but(FORMS[:1], FORMS),
    ids=lambda values: "-".join(str(v) for v in values.values() if isinstance(v, str)),
)
def test_stopped_while_reading_and_while_learning_it_ends_in_the_same_bits(
    saved, tmp_path, settings
):
    settings = {**settings, "max_length": 40}
    whole = saved("whole", settings)
    last = settings["read_first"]
    # Within reading, at its last step, and in the task; the second fit begins with what reading
    # left.
    for unit, step in (("reading step", 1), ("reading step", last), ("step", 1), ("step", 4)):
        with pytest.raises(Stopped):
            saved("stopped", settings, tell=at(unit, step, stop))
    assert not (tmp_path / "stopped/reading/documents/training").exists()
    assert saved("stopped", settings) == whole


@pytest.mark.slow
@pytest.mark.parametrize("unit", nightly_but(["reading step"], ["reading step", "step"]))
def test_killed_while_reading_or_learning_it_ends_in_the_same_bits(saved, forked, unit):
    settings = {**LORA, **SHORT, "epochs": 1}
    whole = saved("whole", settings)
    assert forked(lambda: saved("killed", settings, tell=at(unit, 5, kill))) == -signal.SIGKILL
    assert saved("killed", settings) == whole


@pytest.mark.slow
def test_what_was_read_is_read_once(saved):
    told, settings = [], {**LORA, "epochs": 1}
    with pytest.raises(Stopped):
        saved("a", settings, tell=at("step", 1, stop))
    saved("a", settings, tell=told.append)
    assert not [e for e in told if e.get("unit") == "reading step"]


@pytest.mark.slow
def test_a_damaged_result_of_reading_is_made_again(saved, tmp_path):
    settings = {**LORA, "epochs": 1}
    whole = saved("whole", settings)
    with pytest.raises(Stopped):
        saved("damaged", settings, tell=at("reading step", 3, stop))
    with pytest.raises(Stopped):
        saved("damaged", settings, tell=at("step", 1, stop))
    file = tmp_path / "damaged" / RESULT
    file.write_bytes(file.read_bytes()[:-1])
    assert saved("damaged", settings) == whole


@pytest.mark.nightly
def test_two_processes_read_and_learn_what_one_does(lesson, tmp_path, monkeypatch):
    monkeypatch.setenv("GLOO_SOCKET_IFNAME", "lo")
    settings = {
        **LORA,
        "dropout": 0.0,
        "teacher": "t",
        "precision": "fp32",
        "val_rows": 4,
        "max_length": 64,
    }

    def fit(name, size):
        (tmp_path / name).mkdir(exist_ok=True)
        given = lesson("classify", workdir=tmp_path / name, tell=lambda event: None)
        return fitted(given, {**settings, "processes": size}).curve

    one = fit("one", 1)
    first, second = partial(side_by_side, tmp_path)(2, lambda team: fit("two", 2))
    assert first == second
    for name in ("step", "train_loss", "val_loss", "val"):
        assert [point[name] for point in first] == pytest.approx(
            [point[name] for point in one], rel=1e-4
        )
    a, b = (load_file(tmp_path / name / RESULT) for name in ("one", "two"))
    assert all(torch.allclose(a[name], b[name], rtol=1e-3, atol=1e-5) for name in a)
