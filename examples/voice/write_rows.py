"""Write train.jsonl and test.jsonl from situations.yaml: customers' messages, each with an answer
in the voice of policy.md and one that is off it.

    python examples/voice/write_rows.py

No situation is in both files. The same seed writes the same bytes.
"""

import json
import random
from itertools import product
from pathlib import Path

from ruamel.yaml import YAML

HERE = Path(__file__).parent
SEED, TEST, ROWS = 11, 20, {"train": 6, "test": 5}  # situations of the test; rows of each
NAMES = (
    "Priya Tom Agnes Malik Ruth Owen Yusuf Clara Ben Ines Hamish Joan Kofi Lena Marcus Nora Oscar"
    " Petra Quentin Rosa Sam Tara Umar Vera Will Xenia Zoe Arthur Bella Callum Dora Edith Femi"
    " Greta Hugo Isla Jonah Kate Leo Mina"
).split()
OPENINGS = (
    "Good morning.",
    "Hello there.",
    "To whom it may concern,",
    "I hope you can help me.",
    "Sorry to bother you.",
    "First of all, lovely shop.",
    *[""] * 4,
)
CROSS = ("Right, I have had enough.", "This is the second time I write.", "I am not happy.", "")
CLOSINGS = (
    "Thanks in advance.",
    "I look forward to hearing from you.",
    "Best regards from Devon.",
    "Many thanks and keep up the good work.",
    "No hurry.",
    *[""] * 4,
)
CROSSLY = ("Not amused.", "A reply today would be good!", "Yours, a little cross.", "")
SORRY = (
    "I am sorry about this.",
    "That is not how it should be, and I am sorry.",
    "What a nuisance this must be for you.",
    "I can see why that is annoying.",
    "I am sorry for the trouble it has given you.",
    "That must have been a disappointment.",
)
GLAD = (
    "Thank you for asking.",
    "It is good to hear from you.",
    "That is a good question.",
    "I am glad to help with this.",
    "How kind of you to write.",
)
# Situations in which nothing has gone wrong.
ASKED = set(
    "opening_hours bulk_order tree_height donation organic_proof workshop order_edit bee_house"
    " change_address cancel_order subscription_pause invoice_company heatwave frost aphids"
    " slug_damage delivery_island".split()
)
# Those that are about no order.
NO_ORDER = set(
    "opening_hours bulk_order donation bee_house heatwave slug_damage phone_queue parking_fine"
    " review_removed password_reset email_stop delivery_island aphids frost tree_height".split()
)
PADDING = (
    "We at Fennel Row take great pride in our wide range of quality products, and customer"
    " satisfaction has been our favorite concern ever since the company was founded in a small shed"
    " many years ago. As you can imagine, we receive a large number of messages every day, all of"
    " which have to be read and sorted before anybody can deal with them in a proper way."
)


def message(said: dict, name: str, order: str, a: str, b: str, draw: random.Random) -> str:
    a = a.replace("{p}", draw.choice(said["products"]))
    cross = said["id"] not in ASKED and draw.random() < 0.3
    first, last = (CROSS, CROSSLY) if cross else (OPENINGS, CLOSINGS)
    parts = (draw.choice(first), a, b, draw.choice(last))
    head = [f"From: {name}", *([f"Order: {order}"] if order else [])]
    return "\n".join([*head, "", " ".join(part for part in parts if part)])


def in_voice(said: dict, name: str, order: str, draw: random.Random) -> str:
    felt = draw.choice(GLAD if said["id"] in ASKED else SORRY)
    about = f"Thank you for writing about order {order}. " if order else ""
    return (
        f"Hello {name},\n\n{about}{felt} {said['fact']}\n\nNext step: {said['next']}\n\n"
        "Warm wishes,\nThe Fennel Row help desk"
    )


def off_voice(said: dict, name: str, order: str, draw: random.Random) -> str:
    fact, off, step = said["fact"], said["off"], said["next"].removeprefix("please ")
    step = step[0].upper() + step[1:]
    return draw.choice(
        (
            f"Dear customer,\n\n{off} {fact} We apologize for any inconvenience!\n\n"
            "Customer Service",
            f"Hi {name}! Thanks for reaching out! {fact} {step} Have a great day!",
            f"Dear Sir or Madam,\n\nPlease be advised that your request has been recorded. {off}"
            f" {step} Kindly reply at your earliest convenience.\n\nSincerely,\nFennel Row",
            f"Dear {name},\n\n{PADDING} {fact} {step}\n\nBest regards,\nFennel Row Customer Care",
            f"I'm sorry to hear that, {name}. {off} If you have any further questions, please don't"
            " hesitate to contact our customer service team.",
            f"{off} {fact}",
        )
    )


def write() -> None:
    draw = random.Random(SEED)
    situations = YAML(typ="safe", pure=True).load((HERE / "situations.yaml").read_text())
    order = [said["id"] for said in situations]
    draw.shuffle(order)
    rows: dict[str, list[dict]] = {"train": [], "test": []}
    for said in situations:
        split = "test" if said["id"] in order[:TEST] else "train"
        pairs = list(product(said["a"], said["b"]))
        draw.shuffle(pairs)
        for at, (a, b) in enumerate(pairs[: ROWS[split]], 1):
            name = draw.choice(NAMES)
            number = f"FR{draw.randrange(1000, 10000)}"
            if said["id"] in NO_ORDER or draw.random() < 0.3:
                number = ""
            rows[split].append(
                {
                    "id": f"{said['id']}-{at}",
                    "situation": said["id"],
                    "message": message(said, name, number, a, b, draw),
                    "reply": in_voice(said, name, number, draw),
                    "off": off_voice(said, name, number, draw),
                }
            )
    for split, found in rows.items():
        draw.shuffle(found)
        text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in found)
        (HERE / f"{split}.jsonl").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
