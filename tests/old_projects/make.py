"""Writes the three small projects of this folder as they are before a run.

    python make.py FOLDER [later]

tickets   labels: rows of examples/intents, no language model
library   written answers: questions, four pages, and the tiny model
rooms     labels: one CSV file that is split here, slices, and the tiny model, also trained
The tiny model has random weights, 2 layers of width 16 and an alphabet of bytes: 40 kB, and the
same on every machine.
"""

import json
import random
import sys
from collections import Counter
from pathlib import Path

INTENTS = Path(__file__).parents[2] / "examples/intents"
LABELS, TRAIN, TEST = 6, 14, 8
LEAKS = ('"t0016"', '"t0060"')
CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' "
    "+ message['content'] + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
CONTROL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")

TICKETS = """\
version: 1
name: tickets
seed: 1
aim: {kind: classify, instruction: What does this library patron want? Answer with one label.}
data:
  files: {train: train.jsonl, test: test.jsonl}
  columns: {text: text, label: label, id: id}
curate: [{kind: repair}, {kind: length}, {kind: dedupe}, {kind: near}]
split: {leaks: repair}
compare:
  - {kind: majority}
  - {kind: tfidf}
  - {kind: tfidf, ngrams: 1, c: 1.0}
  - {kind: neighbours, k: 3}
"""

LIBRARY = """\
version: 1
name: library
seed: 2
aim: {kind: answer, slices: [kind], max_answer_tokens: 6}
data:
  files: {train: train.jsonl, test: test.jsonl}
  columns: {question: question, answer: answer, id: id}
split: {group: null, leaks: repair}
model: tiny
documents: [pages]
compare:
  - {kind: majority}
  - {kind: tfidf}
  - {kind: shots, k: 0}
  - {kind: shots, k: 2}
  - {kind: rag, top: 1, words: 40, name: rag-shots, inner: {kind: shots, k: 1}}
"""

ROOMS = """\
version: 1
name: rooms
seed: 3
aim: {kind: classify, slices: [part], metric: macro_f1}
data:
  files: {data: rooms.csv}
  columns: {text: text, label: label}
split: {train: 0.5, val: 0.1, test: 0.4}
model: tiny
compare:
  - {kind: majority}
  - {kind: tfidf}
  - {kind: shots, k: 0}
  - {kind: lora, rank: 4, epochs: 8, learning_rate: 2e-2, patience: 9}
  - {kind: full, epochs: 8, learning_rate: 1e-2, patience: 9}
weigh: {volume_per_month: 50000, months: 6, price_per_hour: 0.4}
"""

# With `later`: further strategies; of tickets these alone, since fits are large there.
MORE = {
    "tickets": "  - {kind: majority}\n  - {kind: tfidf, characters: 0, c: 1.0, name: words}\n",
    "library": "  - {kind: best_sentence}\n",
    "rooms": "  - {kind: head}\n",
}

PAGES = {
    "opening.md": "# Opening\n\nThe reading room opens at nine. "
    "The lending desk closes at six. On Sundays all is shut.\n",
    "fees.md": "# Fees\n\nA lost card costs five euros. "
    "A late book costs ten cents a day. A locker costs one euro.\n",
    "rooms.md": "# Rooms\n\nThe music room has two pianos. "
    "The map room has seven globes. The attic has forty chairs.\n",
    "people.md": "# People\n\nMs Alder keeps the maps. "
    "Mr Birch tunes the pianos. Ms Cedar buys the novels.\n",
}
FACTS = [
    ("When does the reading room open?", "nine", "opening"),
    ("When does the lending desk close?", "six", "opening"),
    ("What does a lost card cost?", "five euros", "fees"),
    ("What does a late book cost a day?", "ten cents", "fees"),
    ("What does a locker cost?", "one euro", "fees"),
    ("How many pianos has the music room?", "two", "rooms"),
    ("How many globes has the map room?", "seven", "rooms"),
    ("How many chairs has the attic?", "forty", "rooms"),
    ("Who keeps the maps?", "Ms Alder", "people"),
    ("Who tunes the pianos?", "Mr Birch", "people"),
    ("Who buys the novels?", "Ms Cedar", "people"),
    ("On which day is all shut?", "Sunday", "opening"),
]
OPENINGS = ("Please tell me: {}", "A visitor asks: {}", "{} I could not find it.", "Good day. {}")

WORDS = {
    "pay": "bill invoice price charge card money fee cost",
    "lend": "book loan shelf novel borrow return title author",
    "meet": "room chair table meeting group hour booking door",
}


def main(folder: Path, later: bool) -> None:
    write_tickets(folder / "tickets")
    write_library(folder / "library")
    write_rooms(folder / "rooms")
    for name, lines in MORE.items() if later else ():
        file = folder / name / "project.yaml"
        head, compare, own = file.read_text().partition("compare:\n")
        file.write_text(head + compare + lines + ("" if name == "tickets" else own))
    if later:  # without the rows that stand in both files: what they are worth takes further fits
        file = folder / "tickets/train.jsonl"
        rows = file.read_text().splitlines(keepends=True)
        file.write_text("".join(row for row in rows if not any(id in row for id in LEAKS)))


def write_tickets(folder: Path) -> None:
    folder.mkdir(parents=True)
    for source, name, each in (("tickets", "train", TRAIN), ("test", "test", TEST)):
        taken: Counter[str] = Counter()
        rows = []
        lines = (INTENTS / f"{source}.jsonl").read_text().splitlines()
        labels = sorted({json.loads(line)["label"] for line in lines})[:LABELS]
        for line in lines:
            label = json.loads(line)["label"]
            if label in labels and taken[label] < each:
                taken[label] += 1
                rows.append(line)
        if name == "train":  # a copy, which curation drops
            rows.append(rows[0].replace('"id": "', '"id": "copy-'))
        (folder / f"{name}.jsonl").write_text("".join(row + "\n" for row in rows))
    (folder / "project.yaml").write_text(TICKETS)


def write_library(folder: Path) -> None:
    (folder / "pages").mkdir(parents=True)
    for name, text in PAGES.items():
        (folder / "pages" / name).write_text(text)
    splits: dict[str, list[dict]] = {"train": [], "test": []}
    for number, (question, answer, kind) in enumerate(FACTS):
        for turn, frame in enumerate(OPENINGS):
            split = (
                "test" if (number + turn) % 4 == 0 or (kind == "people" and turn > 1) else "train"
            )
            row = {
                "id": f"{number}-{turn}",
                "question": frame.format(question),
                "answer": answer,
                "kind": kind,
            }
            splits[split].append(row)
    for split, rows in splits.items():
        (folder / f"{split}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "project.yaml").write_text(LIBRARY)
    write_model(folder / "tiny")


def write_rooms(folder: Path) -> None:
    folder.mkdir(parents=True)
    lines = ["text,label,part"]
    for i in range(72):
        label = sorted(WORDS)[i % 3]
        words = WORDS[label].split()
        first, second, third = (words[place % 8] for place in (i, i * 3 + 1, i * 5 + 2))
        text = f"{first} {second} about {third} number {i * 7919}"
        lines.append(f"{text},{label},{'even' if i % 2 else 'odd'}")
    (folder / "rooms.csv").write_text("\n".join(lines) + "\n")
    (folder / "project.yaml").write_text(ROOMS)
    write_model(folder / "tiny")


def write_model(folder: Path) -> None:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: number for number, token in enumerate((*CONTROL, *alphabet))}
    core = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    core.add_special_tokens(list(CONTROL))
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=core, eos_token=CONTROL[2], pad_token=CONTROL[0], chat_template=CHATML
    )
    tokenizer.save_pretrained(folder)
    config = {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "vocab_size": len(vocabulary),
        "hidden_size": 16,
        "intermediate_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "max_position_embeddings": 1024,
        "tie_word_embeddings": True,
        "bos_token_id": None,
        "eos_token_id": 2,
        "pad_token_id": 0,
        "hidden_act": "silu",
        "rms_norm_eps": 1e-6,
        "torch_dtype": "float32",
    }
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    write_weights(folder / "model.safetensors", config)


def write_weights(path: Path, config: dict) -> None:
    import numpy as np
    from safetensors.numpy import save_file

    width, inner = config["hidden_size"], config["intermediate_size"]
    keys = width // config["num_attention_heads"] * config["num_key_value_heads"]
    shapes = {"model.embed_tokens.weight": (config["vocab_size"], width)}
    for layer in range(config["num_hidden_layers"]):
        at = f"model.layers.{layer}"
        shapes |= {
            f"{at}.self_attn.{part}_proj.weight": (rows, width)
            for part, rows in zip("qkv", (width, keys, keys), strict=True)
        }
        shapes |= {
            f"{at}.self_attn.o_proj.weight": (width, width),
            f"{at}.mlp.down_proj.weight": (width, inner),
        }
        shapes |= {f"{at}.mlp.{part}_proj.weight": (inner, width) for part in ("gate", "up")}
    chance = random.Random(11)  # its numbers are the same everywhere
    # Wider than usual, so that answers differ and the greedy choice is never a near tie.
    weights = {
        name: np.array([chance.gauss(0, 0.3) for _ in range(r * c)], "float32").reshape(r, c)
        for name, (r, c) in shapes.items()
    }
    ones = [
        f"model.layers.{n}.{kind}_layernorm.weight"
        for n in range(2)
        for kind in ("input", "post_attention")
    ]
    weights |= {name: np.ones(width, "float32") for name in (*ones, "model.norm.weight")}
    save_file(weights, path, {"format": "pt"})


if __name__ == "__main__":
    main(Path(sys.argv[1]), "later" in sys.argv[2:])
