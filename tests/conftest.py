"""What all tests share: a tiny random chat model, two small lessons, an embedder of letters, the
shared data sets."""

import copy
import gc
import os
import random
import shutil
import traceback
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import hypothesis
import pytest

from assay.core import store
from assay.core.means import FittedArm
from assay.core.types import Document, Example, Lesson, Means, Message, Task
from assay.retrieval.encoders import Encoding
from assay.tasks.options import question_with_options
from helpers.own_sets import OWN

# Derandomized: a test that fails on one commit fails on every machine, and a red run points to a
# change. `nightly` looks further, at other examples each night. How long an example takes says what
# else the machine does, so no deadline; a folder that examples share is written anew by each.
hypothesis.settings.register_profile(
    "default",
    max_examples=50,
    deadline=None,
    derandomize=True,
    suppress_health_check=[
        hypothesis.HealthCheck.too_slow,
        hypothesis.HealthCheck.function_scoped_fixture,
    ],
)
hypothesis.settings.register_profile(
    "nightly",
    parent=hypothesis.settings.get_profile("default"),
    max_examples=500,
    derandomize=False,
    print_blob=True,
)
hypothesis.settings.load_profile(os.environ.get("ASSAY_HYPOTHESIS", "default"))

# Folders of tests are small and many: in memory they are written, flushed and removed ten times as
# fast.
MEMORY, ROOM = Path("/dev/shm"), 4 << 30
if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))

CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n"
    "' + message['content'] + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
CONTROL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")

# Each label has words that name it; `card` is the beginning of another label, also in tokens.
WORDS = {
    "card": ("plastic", "chip", "wallet", "reader"),
    "card lost": ("stolen", "missing", "vanished", "taxi"),
    "refund": ("return", "repaid", "money", "shop"),
}
PLACES, PEOPLE = ("oslo", "new york", "quito", "bonn"), ("ann", "bo li", "carl", "dora")
NAMING = (
    "{0} went to {1} today",
    "in {1} lives {0} , they say",
    "nothing is known of it",
    "{0} and {1}",
    "to {1} !",
)
COLOURS = {
    "apple": "red",
    "sky": "blue",
    "grass": "green",
    "coal": "black",
    "snow": "white",
    "lemon": "yellow",
}
FRAMES = (
    "about the {} please",
    "help with {} now",
    "a question on {} again",
    "my {} is the matter",
    "so the {} then",
)
ASKED = (
    "What colour is the {}?",
    "Which colour has the {}?",
    "Tell me the colour of the {}.",
    "The {} has what colour?",
)


gc.disable()  # while modules of tests are imported and tests are made: none of it is let go


def pytest_collection_finish():
    """What was imported stays: the collector of cycles need not look at half a million objects
    again and again."""
    gc.collect()
    gc.freeze()
    gc.enable()


pytest_plugins = ["helpers.parallel", "helpers.cost"]


@pytest.fixture
def one_thread():
    """A forked child can only compute when its parent has never started more threads."""
    import torch

    torch.set_num_threads(1)


# --- the tiny model -------------------------------------------------------------------------------


def _tokenizer():
    """Byte-level BPE over the words of the lessons, with ChatML's control tokens."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=480,
        special_tokens=list(CONTROL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    texts = [
        frame.format(word)
        for frame in (*FRAMES, *ASKED)
        for words in WORDS.values()
        for word in words
    ]
    texts += [
        *WORDS,
        *COLOURS,
        *COLOURS.values(),
        "system",
        "user",
        "assistant",
        "Classify the message.",
        "Answer",
    ]
    core.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=core, eos_token=CONTROL[2], pad_token=CONTROL[0], chat_template=CHATML
    )


@pytest.fixture(scope="session")
def made_once(tmp_path_factory):
    """`made_once("name", make)`: a folder that `make(folder)` has filled, once for all processes
    of the tests. It is not to be changed: take a copy."""

    def place(name: str, make: Callable[[Path], object]) -> Path:
        base = tmp_path_factory.getbasetemp() / "made_once"
        folder = base / name
        with store.lock(base / f"{name}.lock", name, wait=True):
            if not (base / f"{name}.done").exists():
                shutil.rmtree(folder, ignore_errors=True)  # of a process that has died
                make(folder)
                (base / f"{name}.done").touch()
        return folder

    return place


@pytest.fixture(scope="session")
def tiny_model(made_once) -> Path:
    """The folder of a random Llama: 2 layers, width 64, 4 heads on 2 key-value heads, 480 tokens,
    fp32."""
    import torch

    from assay.models.device import quiet

    quiet()
    torch.set_num_threads(1)
    return made_once("tiny", _make_tiny_model)


def _make_tiny_model(folder: Path) -> None:
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    tokenizer = _tokenizer()
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=512,
        tie_word_embeddings=True,
        # Wider than usual, so that answers differ and the greedy choice is never a near tie.
        initializer_range=0.1,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    before = torch.get_rng_state()
    torch.manual_seed(11)
    LlamaForCausalLM(config).save_pretrained(folder)
    torch.set_rng_state(before)
    tokenizer.save_pretrained(folder)


@pytest.fixture(scope="session")
def open_tiny(tiny_model) -> Callable:
    """name -> a fresh tiny `ChatModel`, in fp32 on every machine; `precision` or `dtype` gives
    another type."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from assay.models.inference import tree_attention
    from assay.models.inference.chat_model import ChatModel
    from assay.models.tokenizer.chat_tokens import Chat

    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    read = {}  # dtype -> the network as it was read; reading takes ten times as long as a copy

    def open_model(name: str = "", precision: str = "fp32", *, dtype=None):
        dtype = dtype or {"fp32": torch.float32, "bf16": torch.bfloat16}[precision]
        if dtype not in read:
            tree_attention.register()
            network = AutoModelForCausalLM.from_pretrained(
                tiny_model, dtype=dtype, attn_implementation=tree_attention.NAME
            )
            read[dtype] = network.eval().requires_grad_(False)
        return ChatModel(
            name or str(tiny_model), copy.deepcopy(read[dtype]), Chat(tokenizer, max_length=512)
        )

    return open_model


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory) -> Path:
    """The folder of a random BERT that knows the words of the lessons."""
    from helpers.bert import build

    named = [word for words in WORDS.values() for word in words] + [
        *COLOURS,
        *COLOURS.values(),
        *PEOPLE,
    ]
    return build(
        tmp_path_factory.mktemp("encoders") / "tiny", [word for word in named if " " not in word]
    )


# --- lessons --------------------------------------------------------------------------------------


def letters(texts):
    """texts -> float32 (texts, 64), rows of length 1: counts of hashed letter pairs."""
    import numpy as np

    out = np.zeros((len(texts), 64), dtype=np.float32)
    for row, text in zip(out, texts, strict=True):
        padded = f" {text.casefold()} "
        for first, second in zip(padded, padded[1:], strict=False):
            row[(ord(first) * 31 + ord(second)) % 64] += 1
        row /= np.linalg.norm(row)
    return out


class Letters(Encoding):
    """Counts of letter pairs: near in spelling is near in meaning."""

    name, digest, width = "letters", "letters", 64

    def vectors(self, texts, *, query=False, tell=None):
        import numpy as np

        return letters(texts) if texts else np.zeros((0, 64), dtype=np.float32)

    def save(self, folder):
        """There is nothing to keep."""


def _row(split: str, number: int, text: str, target: str) -> Example:
    return Example(
        f"{split}-{number}", (Message("user", text),), target, source=f"{split}.csv:{number + 1}"
    )


def _classify() -> tuple[list[Example], list[Example]]:
    pairs = [(word, label) for label, words in WORDS.items() for word in words]
    train = [(frame.format(word), label) for frame in FRAMES[:3] for word, label in pairs]
    val = [(FRAMES[3 + i % 2].format(word), label) for i, (word, label) in enumerate(pairs)]
    random.Random(5).shuffle(train)
    return [_row("train", i, *pair) for i, pair in enumerate(train)], [
        _row("val", i, *p) for i, p in enumerate(val)
    ]


def _answer() -> tuple[list[Example], list[Example]]:
    train = [
        (frame.format(thing), colour) for frame in ASKED[:3] for thing, colour in COLOURS.items()
    ]
    val = [(ASKED[3].format(thing), colour) for thing, colour in COLOURS.items()]
    random.Random(5).shuffle(train)
    return [_pair("train", i, *pair) for i, pair in enumerate(train)], [
        _pair("val", i, *p) for i, p in enumerate(val)
    ]


def _pair(part: str, i: int, text: str, colour: str) -> Example:
    """With another colour as the answer that was not chosen."""
    others = [one for one in COLOURS.values() if one != colour]
    return replace(_row(part, i, text, colour), rejected=others[i % len(others)])


def _extract() -> tuple[list[Example], list[Example]]:
    made = []
    for frame in NAMING:
        for person in PEOPLE:
            for place in PLACES[:3] if frame is NAMING[0] else PLACES[1:]:
                spans = [(frame.find("{0}"), "person", person), (frame.find("{1}"), "place", place)]
                line = " | ".join(
                    f"{kind}: {words}" for at, kind, words in sorted(spans) if at >= 0
                )
                made.append((frame.format(person, place), line or "none"))
    made = list(dict.fromkeys(made))
    random.Random(5).shuffle(made)
    train, val = made[8:], made[:8]
    return [_row("train", i, *pair) for i, pair in enumerate(train)], [
        _row("val", i, *p) for i, p in enumerate(val)
    ]


def _number() -> tuple[list[Example], list[Example]]:
    worth = {"apple": 3, "sky": 90, "grass": 12, "coal": 40, "snow": 7, "lemon": 5}
    train = [(frame.format(thing), str(n)) for frame in ASKED[:3] for thing, n in worth.items()]
    val = [(ASKED[3].format(thing), str(n)) for thing, n in worth.items()]
    return [_row("train", i, *pair) for i, pair in enumerate(train)], [
        _row("val", i, *p) for i, p in enumerate(val)
    ]


def _rank() -> tuple[list[Example], list[Example]]:
    things, made = list(COLOURS), []
    for i, frame in enumerate(ASKED):
        for j, thing in enumerate(things):
            others = [things[(j + i + 1) % 6], thing, things[(j + i + 3) % 6]]
            texts = tuple(f"the {one} is {COLOURS[one]}" for one in others)
            grades = " ".join(str(int(one == thing)) for one in others)
            made.append(
                replace(_row("rank", len(made), frame.format(thing), grades), options=texts)
            )
    return made[:18], made[18:]


def _choose() -> tuple[list[Example], list[Example]]:
    things, made = list(COLOURS), []
    for i, frame in enumerate(ASKED):
        for j, thing in enumerate(things):
            texts = tuple(COLOURS[things[(j + k + i) % 6]] for k in range(3 + j % 2))
            right = "ABCD"[-i % 6] if -i % 6 < len(texts) else "A"
            asked = question_with_options(frame.format(thing), texts)
            made.append(replace(_row("choose", len(made), asked, right), options=texts))
    return made[:18], made[18:]


MADE = {
    "classify": _classify,
    "answer": _answer,
    "extract": _extract,
    "number": _number,
    "rank": _rank,
}
MADE["choose"] = _choose
NAMED = {"classify": tuple(WORDS), "extract": ("person", "place"), "choose": ("A", "B", "C", "D")}


@pytest.fixture(scope="session")
def lesson_in(open_tiny, tiny_encoder):
    """`lesson_in(folder, "classify")`: as `lesson`, at work in `folder`, for fixtures that outlive
    a test."""
    from assay.runtime.arms.job import strategy_of
    from assay.runtime.arms.task_score import task_score, val_score

    def make(place: Path, kind: str, /, **means) -> Lesson:
        train, val = MADE[kind]()
        task = Task(kind=kind, labels=NAMED.get(kind, ()))  # type: ignore[arg-type]
        place.mkdir(exist_ok=True)
        return Lesson(
            task=task,
            train=tuple(train),
            val=tuple(val),
            documents=tuple(
                Document(f"about-{t}", f"# Colours\n\nThe {t} is {c}.") for t, c in COLOURS.items()
            ),
            base="tiny",
            means=Means(
                **{
                    "workdir": place,
                    "embed": letters,
                    "open_model": open_tiny,
                    "encoder_folder": lambda name: tiny_encoder,
                    "shelf": place / "shelf",
                    "seed": 3,
                    "existing": lambda reference: old_project(place / "old", train),
                    "make_strategy": strategy_of,
                    **means,
                }
            ),
            score=lambda adapted, rows: val_score(adapted, rows, task),
            judge=lambda rows, answers: task_score(rows, answers, task),
        )

    return make


def old_project(folder: Path, rows: Sequence[Example]) -> FittedArm:
    """What another project has fitted: the most frequent label."""
    from assay.strategies.baselines.majority import Majority

    task = Task(kind="classify", labels=NAMED["classify"])
    folder.mkdir(exist_ok=True)
    Majority().fit(Lesson(task=task, train=tuple(rows))).save(folder)
    manifest = {"strategy": {"kind": "majority"}, "task": task.model_dump(mode="json")}
    return FittedArm({**manifest, "base": "tiny", "models": {}}, folder, lambda split: tuple(rows))


@pytest.fixture
def lesson(lesson_in, tmp_path):
    """`lesson("classify")`, "answer" or "extract": a small task on the tiny model that can be
    learnt from its words. Further arguments replace what `Means` has: `tell`, `seed`, `workdir`."""
    return partial(lesson_in, tmp_path / "work")


@pytest.fixture(scope="session")
def finished(tiny_model, made_once) -> Path:
    """The folder of the toy project after a run. It is not to be changed: take a copy."""
    import assay
    from helpers.toy import build

    return made_once("project", lambda folder: assay.run(build(folder, tiny_model)))


# --- processes ------------------------------------------------------------------------------------


@pytest.fixture
def forked():
    """`forked(work)`: run `work()` in a forked child. Returns its exit code, or minus the signal
    that killed it."""

    def run(work: Callable[[], object]) -> int:
        with warnings.catch_warnings():
            # 3.12: pytest-xdist has threads, none holds a lock
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if child:
            return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        code = 70
        try:
            work()
            code = 0
        except BaseException:  # noqa: BLE001  (the child must never return into pytest)
            traceback.print_exc()
        finally:
            os._exit(code)

    return run


# --- data sets ------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def own_data(tmp_path_factory) -> Callable[[str], Path]:
    """`own_data("banking77")`: a folder with the project's own rows in the files and form of that
    set."""
    root, made = tmp_path_factory.mktemp("own_data"), {}

    def place(name: str) -> Path:
        if name not in made:
            made[name] = root / name
            made[name].mkdir()
            OWN[name](made[name])
        return made[name]

    return place


@pytest.fixture
def shared_data(own_data) -> Callable[..., Path]:
    """`shared_data("banking77")`: a folder of ../shared/data (or of $ASSAY_DATA), which are not
    part of the repository. Where they are not, it is `own_data`; with `whole=True`, for figures of
    the set itself, the test skips.

    With CI=true no test is lost by a slip in a name: a set that is missing among the others, or
    that is asked for without `whole` and has no rows of our own, is a failure.
    """

    def place(name: str, *, whole: bool = False) -> Path:
        root = Path(os.environ.get("ASSAY_DATA") or Path(__file__).parents[2] / "shared" / "data")
        if (root / name).exists():
            return root / name
        lost = root.is_dir() or not (whole or name in OWN)
        if lost and os.environ.get("CI") == "true":
            pytest.fail(f"{name} is neither in {root} nor among the project's own sets")
        if not whole and name in OWN:
            return own_data(name)
        return pytest.skip(f"needs the data set {name} in {root}; ASSAY_DATA names another place")

    return place
