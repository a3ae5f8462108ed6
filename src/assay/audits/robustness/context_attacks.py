"""Changes that leave the text as it is and put something around it, cut it, or say it in other
words.

Source      distractors: Jia and Liang (2017), Adversarial examples for evaluating reading
            comprehension systems, aclanthology.org/D17-1215; long texts: Liu et al. (2024), Lost in
            the middle, doi.org/10.1162/tacl_a_00638; rewording: the rules of the augmentation
            `paraphrase`
Watch out   `foreign` puts words of another language around an English text; the text is not
            translated
"""

import html
import random
import re

from assay.audits.robustness.resources import Spare
from assay.data.augment.adversarial import DISTRACTORS, end_sentence
from assay.data.augment.paraphrase import keeps
from assay.data.augment.paraphrase_rules import rewrite_text

SHORTEST = 10  # words of a text that is cut
RULES = 2  # of rewording that are applied to a text at most
GREETINGS = (
    ("Guten Tag zusammen,", "Vielen Dank und freundliche Grüße"),
    ("Bonjour à tous,", "Merci beaucoup et bonne journée"),
    ("Buenos días a todos,", "Muchas gracias y un saludo"),
    ("Buongiorno a tutti,", "Grazie mille e buona giornata"),
    ("Goedemorgen allemaal,", "Hartelijk dank en een fijne dag"),
    ("Dzień dobry wszystkim,", "Dziękuję bardzo i pozdrawiam"),
)
# About nothing that anybody is asked about: no names, places, numbers, requests or complaints.
FILLER = (
    "The garden behind the house was quiet in the afternoon.",
    "Somebody had left a kettle on the stove, and it sang a little.",
    "A light wind moved the leaves of the old apple tree.",
    "The path went along the hedge and then down to the stream.",
    "Nobody was in a hurry, and the clouds were not either.",
    "A cat slept on the warm stones beside the door.",
    "The bread had a dark crust and smelled of the oven.",
    "In the evening the lamps along the lane were lit one after the other.",
    "The bench under the window had been painted green.",
    "Rain fell on the roof for a while and then stopped.",
    "The stones at the bottom of the stream were smooth and round.",
    "Two birds sat on the fence and looked at the field.",
    "The curtains moved when the window stood open.",
    "There was a bowl of pears on the table.",
    "The hill behind the village was blue in the morning.",
    "A gate creaked somewhere and fell shut again.",
    "The wood in the stove burned down slowly.",
    "Moss grew on the north side of the wall.",
    "The grass was still wet and shone in the sun.",
    "Swallows flew low over the pond.",
)


def paraphrase(text: str, draw: random.Random, spare: Spare) -> str | None:
    """Up to two rules of rewording; numbers, words of the target and the question mark stay."""
    new = rewrite_text(text, draw, RULES)
    return new if new != text and keeps(text, new, spare.keep) else None


def before(text: str, draw: random.Random, spare: Spare) -> str | None:
    return f"{draw.choice(DISTRACTORS)} {text.lstrip()}"


def after(text: str, draw: random.Random, spare: Spare) -> str | None:
    return f"{end_sentence(text.rstrip())} {draw.choice(DISTRACTORS)}"


def other_row(text: str, draw: random.Random, spare: Spare) -> str | None:
    """A sentence of another row, before or after."""
    if not spare.lines:
        return None
    line = draw.choice(spare.lines)
    return (
        f"{end_sentence(line)} {text.lstrip()}"
        if draw.random() < 0.5
        else f"{end_sentence(text.rstrip())} {line}"
    )


def truncation(text: str, draw: random.Random, spare: Spare) -> str | None:
    """The last words are cut off. Only where the answer likely survives: the words of the target,
    or for a label one of the words that tell it, are still there; questions for a written answer
    are never cut."""
    words = text.split()
    if spare.whole or len(words) < SHORTEST:
        return None
    left = max(1, len(words) - max(1, round(spare.cut * len(words))))
    ends = [match.end() for match in re.finditer(r"\S+", text)]
    new = text[: ends[left - 1]]
    had, has = ({w.casefold() for w in re.findall(r"[^\W_]+", said)} for said in (text, new))
    if spare.telling is None:
        return new if spare.keep & had == spare.keep & has else None
    return new if spare.telling & has else None


def foreign(text: str, draw: random.Random, spare: Spare) -> str | None:
    hello, thanks = draw.choice(GREETINGS)
    return f"{hello}\n\n{text.strip()}\n\n{thanks}"


def translation(text: str, draw: random.Random, spare: Spare) -> str | None:
    return spare.translation or None


def long(text: str, draw: random.Random, spare: Spare) -> str | None:
    """In the middle of sentences about nothing, `spare.long` characters in all."""
    room = spare.long - len(text)
    if room < 2 * max(map(len, FILLER)):
        return None
    halves: list[str] = []
    for _ in range(2):
        said, size = [], 0
        while size < room // 2:
            for line in draw.sample(FILLER, len(FILLER)):
                if size >= room // 2:
                    break
                said.append(line)
                size += len(line) + 1
        halves.append(" ".join(said))
    return f"{halves[0]}\n\n{text.strip()}\n\n{halves[1]}"


# --- formats --------------------------------------------------------------------------------------


def quote(text: str, draw: random.Random, spare: Spare) -> str | None:
    return "\n".join(f"> {line}" for line in text.strip().splitlines())


def markdown(text: str, draw: random.Random, spare: Spare) -> str | None:
    return (
        f"## Message\n\n- **{text.strip()}**"
        if "\n" not in text.strip()
        else f"## Message\n\n{text.strip()}\n\n---"
    )


def mail(text: str, draw: random.Random, spare: Spare) -> str | None:
    return f"Hello,\n\n{text.strip()}\n\nKind regards\n\n-- \nSent from my phone"


def page(text: str, draw: random.Random, spare: Spare) -> str | None:
    """As a piece of HTML; not where a mark of the target would be written in another way."""
    escaped = html.escape(text.strip(), quote=False)
    if spare.keep and escaped != text.strip():
        return None
    lines = escaped.replace("\n", "<br>\n")
    return f'<div class="message">\n<p>{lines}</p>\n</div>'
