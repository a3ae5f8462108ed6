"""Continued pretraining: it learns documents alone, a task goes on from it, and it is refused
without text."""

from dataclasses import replace

import pytest

from assay.core.corrupt_files import silent
from assay.core.errors import UsageError
from assay.core.store import read_json
from assay.core.types import Document
from assay.runtime.data_stage.prepare import prepare
from assay.strategies.training.continued_pretraining import ContinuedPretraining
from assay.strategies.training.lora import Lora
from assay.training.document_reading import is_below
from helpers.small_projects import load_project

SMALL = {"batch_size": 4, "compiled": "never"}
TEXT = "the wallet and the card are in the drawer of the desk "


def reader(**more):
    return ContinuedPretraining(inner=Lora(rank=4), learning_rate=5e-3, epochs=3, **SMALL, **more)


@pytest.fixture
def given(lesson):
    lesson = lesson("classify")
    documents = tuple(Document(f"d{i}", TEXT * 5 + str(i), f"docs/{i}.md") for i in range(24))
    return replace(lesson, documents=documents)


@pytest.mark.slow
def test_it_knows_the_text_better_and_a_task_goes_on_from_there(given, tmp_path):
    arm = reader().fit(given)
    assert arm.read.after < 0.7 * arm.read.before
    folder = tmp_path / "kept"
    folder.mkdir()
    arm.save(folder)
    assert "Perplexity of held-out text" in read_json(folder / "note.json")["notes"][0]
    work = tmp_path / "task"
    work.mkdir()
    lesson = replace(given, means=replace(given.means, workdir=work))
    strategy = Lora(rank=4, after=reader(), epochs=1, val_rows=4, **SMALL)
    model, _ = strategy.open_changed(lesson)
    mine, theirs = (dict(one.network.named_parameters()) for one in (model, arm.model))
    assert all((mine[name] == theirs[name]).all() for name in theirs if "lora" in name)


@pytest.mark.slow
def test_rows_change_nothing_of_it(given, tmp_path):
    def fit(lesson, name):
        work = tmp_path / name
        work.mkdir()
        arm = reader().fit(replace(lesson, means=replace(lesson.means, workdir=work)))
        return dict(arm.model.network.named_parameters()), arm.room

    (one, room), (two, other) = fit(given, "a"), fit(replace(given, train=given.train[:2]), "b")
    assert room == other and all((one[name] == two[name]).all() for name in one)


@pytest.mark.parametrize(
    ("strategy", "sources", "words"),
    [
        (reader(), (), "no text to read"),
        (reader(replay="wiki"), ("docs/a",), "no document lies in replay: wiki"),
        (reader(replay="docs"), ("docs/a",), "no text to read"),
    ],
)
def test_without_text_it_is_refused(given, strategy, sources, words):
    documents = tuple(Document(one, TEXT, one) for one in sources)
    with pytest.raises(UsageError, match=words) as error:
        strategy.fit(replace(given, documents=documents))
    assert error.value.problems[0].code == "C079"


@pytest.mark.parametrize(
    "settings",
    [{"objective": "label_set"}, {"max_rows": 3}, {"after": Lora()}, {"teacher": "x"}],
)
def test_what_is_said_of_rows_is_refused(settings):
    with pytest.raises(ValueError, match="documents have no rows"):
        reader(**settings)


def test_only_a_way_of_training_weights_stands_inside():
    with pytest.raises(ValueError, match="trains no answers"):
        ContinuedPretraining(inner=reader())


@pytest.mark.parametrize("name", ["general", "./general", "{folder}/general", "{folder}/general/"])
@pytest.mark.parametrize("documents", ["[own, general]", "['{folder}/own', '{folder}/general']"])
def test_replay_names_documents_from_the_project_or_from_the_root(tmp_path, name, documents):
    for part in ("own", "general"):
        (tmp_path / "p" / part).mkdir(parents=True)
        (tmp_path / "p" / part / "a.txt").write_text(f"A text of the {part} kind, some words long.")
    name, documents = (one.format(folder=tmp_path / "p") for one in (name, documents))
    arm = f"{{kind: continued_pretraining, inner: {{kind: lora}}, replay: '{name}', name: read}}"
    project = load_project(tmp_path / "p", f"documents: {documents}\n", f"compare: [{arm}]\n")
    replay = project.arms["read"].replay
    general = [one for one in prepare(project, silent).documents() if is_below(one.source, replay)]
    assert ["general kind" in one.text for one in general] == [True]
