"""A toy search: six documents about a thing each, and questions that name the thing by another
word."""

from pathlib import Path

from assay.core.types import Document, Example, Lesson, Means, Message, Task
from helpers.bert import build

# Documents say the right word, questions the left one: only training can bring them together.
THINGS = {
    "apple": "red",
    "sky": "blue",
    "grass": "green",
    "coal": "black",
    "snow": "white",
    "lemon": "yellow",
}
ASKED = ("a {}", "in a {}", "lost {}", "a lost {}", "{} in a taxi", "{} refund")
WORDS = [*THINGS, *THINGS.values()]


def toy(encoder: Path, work: Path, *, seed: int = 3, tell=lambda event: None) -> Lesson:
    passages = tuple(
        Document(f"about-{thing}#1", f"a card {colour} in a taxi")
        for thing, colour in THINGS.items()
    )

    def rows(name, frames):
        return tuple(
            Example(
                f"{name}-{i}-{thing}",
                (Message("user", frame.format(thing)),),
                "?",
                found_in=(f"about-{thing}",),
            )
            for i, frame in enumerate(frames)
            for thing in THINGS
        )

    means = Means(workdir=work, seed=seed, tell=tell, encoder_folder=lambda name: encoder)
    return Lesson(
        Task(kind="answer"), rows("train", ASKED[:4]), rows("val", ASKED[4:]), passages, means=means
    )


def encoder(
    place: Path, more: tuple[str, ...] = (), *, dropout: float = 0.0, layers: int = 1
) -> Path:
    """The folder of a random BERT that knows the words of the toy search and can learn: width
    32."""
    import torch
    from transformers import BertConfig, BertModel

    build(place, [*WORDS, *more])
    torch.manual_seed(2)
    shape = {
        "hidden_size": 32,
        "num_hidden_layers": layers,
        "intermediate_size": 64,
        "initializer_range": 0.1,
    }
    drops = {"hidden_dropout_prob": dropout, "attention_probs_dropout_prob": dropout}
    BertModel(BertConfig.from_pretrained(place, **shape, **drops)).save_pretrained(place)
    return place
