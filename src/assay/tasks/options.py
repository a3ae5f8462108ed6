"""The options of a question of the kind `choose`: how they are lettered, shown, and what the right
one is called.

What it is for   every arm sees question and options as one text, and answers with a letter
Source           the layout of MMLU's prompts: Hendrycks et al. (2021), Measuring Massive Multitask
                 Language Understanding, arxiv.org/abs/2009.03300
"""

import json
import string
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from assay.core.sampling import hash_rank

LETTERS = tuple(string.ascii_uppercase)
MOST = len(LETTERS)
MOSTLY = 0.95  # of the rows say how they name the right option
Meaning = Literal["text", "letter", "from 0", "from 1"]


def question_with_options(question: str, options: Sequence[str]) -> str:
    """The question with its options below it, a line each."""
    lines = [
        f"{letter}. {' '.join(option.split())}"
        for letter, option in zip(LETTERS, options, strict=False)
    ]
    return "\n".join([question.strip(), *lines])


def options_in(text: str) -> tuple[str, ...]:
    """The options that a question shows in its last lines, as `question_with_options` writes them;
    none where there are fewer than two."""
    lines = text.rstrip().split("\n")
    for start in range(len(lines) - 1):
        own = lines[start:]
        if len(own) <= MOST and all(
            line.startswith(f"{LETTERS[at]}. ") for at, line in enumerate(own)
        ):
            return tuple(line[3:].strip() for line in own)
    return ()


def options_of(values: Sequence[Any], separator: str = "") -> list[str]:
    """The options of the fields that hold them: one list, one text with a separator, or a field for
    each option. Trailing fields that are empty are no options.

    Raises:
        ValueError: what is wrong, as a phrase that is the same for all rows with that fault.
    """
    if len(values) == 1:
        value = values[0]
        if isinstance(value, dict) and isinstance(value.get("text"), list):
            # {"text": [...], "label": [...]}, as ARC and CommonsenseQA have it
            value = value["text"]
        if isinstance(value, str) and separator:
            value = value.split(separator)
        elif isinstance(value, str):
            value = _parse_list(value)
        if not isinstance(value, list):
            raise ValueError("is no list of options")
        values = value
    if any(isinstance(one, list | dict) for one in values):
        raise ValueError("has lists or objects among its options")
    texts = ["" if one is None else str(one).strip() for one in values]
    while texts and not texts[-1]:
        texts.pop()
    if len(texts) < 2 or "" in texts:
        raise ValueError("has fewer than two options, or an empty one")
    if len(texts) > MOST:
        raise ValueError(f"has more than {MOST} options")
    return texts


def _parse_list(text: str) -> Any:
    """A list that a CSV file holds as text."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def meaning(pairs: Iterable[tuple[Any, Sequence[str]]]) -> Meaning:
    """What the values of an answer's column are, decided by all rows together: a single "1" could
    be an option's text, the first place or the second.

    Args:
        pairs: (value, the row's options) of the rows whose options could be read.
    """
    rows = [("" if value is None else str(value).strip(), options) for value, options in pairs]
    rows = [(text, options) for text, options in rows if text]
    most = MOSTLY * len(rows)  # a row or two may be wrong: reading says which
    if sum(text in options for text, options in rows) >= most:
        return "text"
    numbers = [
        (int(text), len(options)) for text, options in rows if text.isdigit() and len(text) < 4
    ]
    if len(numbers) >= most:
        first, past = sum(n == 0 for n, _ in numbers), sum(n == count for n, count in numbers)
        if sum(n <= count for n, count in numbers) >= most:
            return "from 1" if past > first else "from 0"
    return (
        "letter"
        if sum(_letter(text) in LETTERS[: len(o)] for text, o in rows) > len(rows) / 2
        else "text"
    )


def right(value: Any, options: Sequence[str], how: Meaning) -> str | None:
    """The letter of the option that an answer field means; None where it cannot be told."""
    text = "" if value is None else str(value).strip()
    if how in ("from 0", "from 1"):
        place = int(text) - (how == "from 1") if text.isdigit() else -1
        return LETTERS[place] if 0 <= place < len(options) else None
    if how == "letter":
        return _letter(text) if _letter(text) in LETTERS[: len(options)] else None
    folded = [" ".join(option.split()).casefold() for option in options]
    same = " ".join(text.split()).casefold()
    return LETTERS[folded.index(same)] if folded.count(same) == 1 else None


def _letter(text: str) -> str:
    return text.strip("().: ").upper()


def shuffle_options(
    options: Sequence[str], letters: Sequence[str], key: str
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The options in an order that the question alone decides, and the letters that the right ones
    have there.

    Args:
        key: the question. The same question with the same options is the same order in every file.
    """
    order = sorted(
        range(len(options)),
        key=lambda at: hash_rank(key, options[at], sep="\0"),
    )
    moved = {LETTERS[old]: LETTERS[new] for new, old in enumerate(order)}
    return tuple(options[old] for old in order), tuple(moved[letter] for letter in letters)
