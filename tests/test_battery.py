"""What every listed class promises. A new strategy or step is held to it by being listed; where its defaults are too
slow or cannot stand alone, its settings for this test go into SMALL."""

import json
from dataclasses import replace

import pytest

from assay.config import make_step, make_strategy
from assay.curate import STEPS
from assay.errors import AssayError, Stopped, TrainError, UsageError
from assay.nouns import Changed, Dropped, Example, Means, Message, RowStep
from assay.store import read_json, to_json, write_json
from assay.strategies import PRESETS, STRATEGIES
from assay.train import METHODS

SMALL = {
    "neighbours": {"k": 3},
    "shots": {"k": 2, "choose": "similar"},
    "rag": {"inner": {"kind": "shots", "k": 1}, "top": 2},
    "lora": {"rank": 2, "dropout": 0.2, "epochs": 2, "batch_size": 12, "learning_rate": 3e-3},
    "full": {"epochs": 2, "batch_size": 12, "learning_rate": 3e-3},
    "adalora": {"rank": 2, "start_rank": 3, "epochs": 2, "batch_size": 12},
    "miss": {"rank": 4, "epochs": 2, "batch_size": 12},
    "ia3": {"epochs": 2, "batch_size": 12},
    "adapters": {"epochs": 2, "batch_size": 12},
    "prefix": {"epochs": 2, "batch_size": 12},
    "prompt_tuning": {"epochs": 2, "batch_size": 12},
    "p_tuning": {"epochs": 2, "batch_size": 12},
    "head": {"epochs": 2, "batch_size": 12},
}
# Further forms of a listed kind that have code of their own.
FORMS = [
    {"kind": "shots", "k": 0},
    {"kind": "shots", "k": 3, "choose": "balanced"},
    {"kind": "rag", "inner": {"kind": "lora", **SMALL["lora"]}},
    {"kind": "dora", **SMALL["lora"]},
    {"kind": "qlora", **SMALL["lora"], "dropout": 0.0},
    {"kind": "lora", **SMALL["lora"], "dropout": 0.0, "initialise": "pissa"},
    {"kind": "lora", **SMALL["lora"], "dropout": 0.0, "bits": 8},
    {"kind": "full", **SMALL["full"], "layers": 1},
    {"kind": "p_tuning", **SMALL["p_tuning"], "encoder": "lstm", "hidden": 8, "tokens": 4, "learning_rate": 1e-2},
    {"kind": "prefix", **SMALL["prefix"], "hidden": 8, "start": "vocabulary", "tokens": 4},
    {"kind": "adapters", **SMALL["adapters"], "place": "parallel", "size": 4},
]


def kind_of(cls):
    return cls.model_fields["kind"].default


SETTINGS = [{"kind": kind_of(cls), **SMALL.get(kind_of(cls), {})} for cls in STRATEGIES] + FORMS
CASES = [
    pytest.param(values, task, id="-".join([*(str(v) for v in values.values() if isinstance(v, str)), task]) + f"-{i}")
    for i, values in enumerate(SETTINGS)
    for task in ("classify", "answer")
    if (values["kind"], task) != ("head", "answer")
]
battery = pytest.mark.parametrize(("settings", "task"), CASES)
pytestmark = pytest.mark.usefixtures("one_thread")


def frozen(lesson):
    """Everything in a lesson that a strategy could change, as text."""
    rows = [[row.to_json() for row in part] for part in (lesson.train, lesson.val)]
    return to_json([rows, [[d.id, d.text] for d in lesson.documents], lesson.task.model_dump(mode="json")])


def answers(arm, questions):
    return [answer.to_json() for answer in arm.answer(questions)]


def asked(given):
    return [row.question for row in (*given.val, *given.train[:4])]


@battery
def test_settings_come_back_from_json(settings, task):
    strategy = make_strategy(settings, {})
    written = json.loads(to_json({"kind": strategy.kind, **strategy.changed()}))
    assert make_strategy(written, {}) == strategy
    assert json.loads(to_json(strategy.model_dump(mode="json"))) == strategy.model_dump(mode="json")


@battery
def test_the_same_seed_gives_the_same_answers_and_the_lesson_is_left_alone(lesson, tmp_path, settings, task):
    both = []
    for place in ("a", "b"):
        (tmp_path / place).mkdir()
        given = lesson(task, workdir=tmp_path / place)
        before = frozen(given)
        both.append(answers(make_strategy(settings, {}).fit(given), asked(given)))
        assert frozen(given) == before
    assert both[0] == both[1]
    assert len(both[0]) == len(asked(given))


@battery
def test_a_saved_arm_gives_the_same_answers(lesson, tmp_path, settings, task):
    given, strategy, folder = lesson(task), make_strategy(settings, {}), tmp_path / "arm"
    arm = strategy.fit(given)
    folder.mkdir()
    arm.save(folder)
    write_json(folder / "arm.json", {"kind": strategy.kind, **strategy.changed()})
    assert not [path for path in folder.rglob("*") if path.is_file() and path.suffix not in FORMATS]
    bare = replace(given, train=(), val=(), documents=())
    again = make_strategy(read_json(folder / "arm.json"), {}).restore(folder, bare)
    assert answers(again, asked(given)) == answers(arm, asked(given))


FORMATS = (".json", ".jsonl", ".safetensors")


@battery
def test_targets_of_questions_are_never_read(lesson, settings, task):
    given = lesson(task)
    arm = make_strategy(settings, {}).fit(given)
    wrong = [replace(row, target=given.train[0].target, also=("x",), rejected="y") for row in given.val]
    assert answers(arm, wrong) == answers(arm, [row.question for row in given.val])


@battery
def test_answers_keep_the_order_and_are_of_the_task(lesson, settings, task):
    given = lesson(task)
    arm = make_strategy(settings, {}).fit(given)
    forth, back = answers(arm, asked(given)), answers(arm, asked(given)[::-1])
    assert [a["text"] for a in back[::-1]] == [a["text"] for a in forth]
    assert arm.answer([]) == []
    for answer in arm.answer(asked(given)):
        assert answer == type(answer).from_json(json.loads(to_json(answer.to_json())))
        assert answer.confidence is None or 0 <= answer.confidence <= 1
        if task == "classify":
            assert answer.text in given.task.labels
            assert len(answer.scores) in (0, len(given.task.labels))
    if arm.model is not None:
        assert arm.prompt(asked(given)[0])[-1].role == "user"


def needs_rows(settings):
    if settings["kind"] == "rag":
        return needs_rows(settings["inner"])
    return settings["kind"] != "shots" or settings.get("k", 4) > 0


@battery
def test_an_empty_training_split_is_a_named_error(lesson, settings, task):
    given = replace(lesson(task), train=())
    strategy = make_strategy(settings, {})
    if needs_rows(settings):
        with pytest.raises((TrainError, UsageError)) as caught:
            strategy.fit(given)
        assert [problem.code for problem in caught.value.problems] == ["T002"]
        assert isinstance(caught.value, AssayError)
    else:
        assert len(strategy.fit(given).answer(asked(given))) == len(asked(given))


KINDS = {kind_of(cls) for cls in METHODS} | set(PRESETS)
TRAINED = [param for param in CASES if {param.values[0]["kind"], param.values[0].get("inner", {}).get("kind")} & KINDS]


@pytest.mark.parametrize(("settings", "task"), TRAINED)
def test_a_fit_that_was_stopped_gives_the_same_bits(lesson, tmp_path, settings, task):
    def saved(name, **means):
        given = lesson(task, workdir=tmp_path / name, **means)
        folder = tmp_path / f"{name}-arm"
        folder.mkdir(exist_ok=True)
        arm = make_strategy(settings, {}).fit(given)
        arm.save(folder)
        return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}

    def stop(event):
        if event["event"] == "progress" and event["unit"] == "step" and event["done"] == 2:
            raise Stopped

    whole = saved("whole")
    with pytest.raises(Stopped):
        saved("stopped", tell=stop)
    assert list((tmp_path / "stopped").glob("state-*"))
    assert saved("stopped") == whole


@pytest.mark.slow
@pytest.mark.parametrize(("settings", "task"), [param for param in TRAINED if param.values[1] == "classify"])
def test_stopped_at_every_step_of_24_it_ends_in_the_same_bits(lesson, tmp_path, settings, task):
    long = {"epochs": 2, "batch_size": 3, "patience": 9}
    inside = {"inner": {**settings["inner"], **long}} if "inner" in settings else long

    def saved(name, **means):
        given = lesson(task, workdir=tmp_path / name, **means)
        folder = tmp_path / f"{name}-arm"
        folder.mkdir(exist_ok=True)
        arm = make_strategy({**settings, **inside}, {}).fit(given)
        arm.save(folder)
        return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}

    def stop_at(step):
        def stop(event):
            if event["event"] == "progress" and event["unit"] == "step" and event["done"] == step:
                raise Stopped

        return stop

    whole = saved("whole")
    for step in range(1, 24):
        with pytest.raises(Stopped):
            saved("stopped", tell=stop_at(step))
    assert saved("stopped") == whole


# --- steps ----------------------------------------------------------------------------------------------------------

TEXTS = [
    ("My card was stolen in a taxi last night, what now?", "card"),
    ("my card was stolen in a taxi last night what now", "card"),
    ("My card was stolen in a taxi last nigth, what now?", "card"),
    ("  Where   is my refund for the shoes that I sent back? ", "refund"),
    ("Where is my refund for the shoes that I sent back?", "card"),
    ("Ich habe meine Karte gestern Abend im Taxi verloren, was soll ich jetzt tun?", "card"),
    ("The cafÃ© charged me twice, please send the money back", "refund"),
    ("", "card"),
    ("x" * 9000, "card"),
    ("Please close my account today", "refund"),
    ("ok", "card"),
    ("?!", "refund"),
]
ROWS = [
    Example(f"r{i}", (Message("user", text),), label, source=f"a.csv:{i + 2}") for i, (text, label) in enumerate(TEXTS)
]
steps = pytest.mark.parametrize("cls", STEPS, ids=kind_of)


def apply(step, rows):
    means = Means(seed=3)
    return [step.one(row, means) for row in rows] if isinstance(step, RowStep) else list(step.apply(rows, means))


def left(results):
    return [r.example if isinstance(r, Changed) else r for r in results if not isinstance(r, Dropped)]


@steps
def test_every_row_comes_out_of_a_step_once_in_order(cls):
    results = apply(cls(), ROWS)
    assert [r.example.id if isinstance(r, Changed | Dropped) else r.id for r in results] == [row.id for row in ROWS]
    kept = {row.id for row in left(results)}
    for result in results:
        if isinstance(result, Dropped):
            assert result.reason
            assert result.kept == "" or result.kept in kept
        if isinstance(result, Changed):
            assert result.reason
            assert result.example != next(row for row in ROWS if row.id == result.example.id)


@steps
def test_a_step_does_something_here_and_nothing_the_second_time(cls):
    once = left(apply(cls(), ROWS))
    assert once != ROWS
    assert apply(cls(), once) == once


@steps
def test_a_step_gives_the_same_twice_and_leaves_the_rows_alone(cls):
    before = [row.to_json() for row in ROWS]
    assert apply(cls(), ROWS) == apply(cls(), ROWS)
    assert [row.to_json() for row in ROWS] == before


@steps
def test_a_step_takes_no_rows(cls):
    assert apply(cls(), []) == []


@steps
def test_settings_of_a_step_come_back_from_json(cls):
    written = json.loads(to_json({"kind": kind_of(cls), **cls().model_dump(mode="json")}))
    assert make_step(written) == cls() == make_step({"kind": kind_of(cls)})
