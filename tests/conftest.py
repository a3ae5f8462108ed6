"""What all tests share: a tiny random chat model and encoder, small lessons for them, the data
sets."""

import copy
import gc
import os
import shutil
import traceback
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import hypothesis
import pytest

from assay.core import store
from assay.core.means import FittedArm
from assay.core.types import Document, Example, Lesson, Means, Task
from helpers.lessons import ASKED, COLOURS, FRAMES, LABELS, PEOPLE, ROWS, WORDS
from helpers.letters import letters
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


@pytest.fixture(scope="session")
def lesson_in(open_tiny, tiny_encoder):
    """`lesson_in(folder, "classify")`: as `lesson`, at work in `folder`, for fixtures that outlive
    a test."""
    from assay.runtime.arms.job import strategy_of
    from assay.runtime.arms.task_score import task_score, val_score

    def make(place: Path, kind: str, /, **means) -> Lesson:
        train, val = ROWS[kind]()
        task = Task(kind=kind, labels=LABELS.get(kind, ()))  # type: ignore[arg-type]
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

    task = Task(kind="classify", labels=LABELS["classify"])
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
