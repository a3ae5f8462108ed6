"""The forms in which one field of a row holds the options of its question.

What it is for   `read_options` turns each of them into (label, text, whether it is right)
Forms            a list of objects; an object of letters; two lists in step, of texts and of labels
                 or flags; an object of texts and their scores
Watch out        an object of scores is one of options only where its field is named so, or where
                 its texts differ from row to row: else it rates the row (`scored`)
"""

from collections.abc import Mapping, Sequence
from typing import Any

from assay.tasks.columns import as_text, words_of

Option = tuple[str, str, bool | None]  # label, text, whether it is right

MOSTLY = 0.9  # share of the rows that have to be of a form
SCORED = {"target_scores", "option_scores", "choice_scores", "choices_scores", "answer_scores"}
_ABOUT = {"target", "targets", "option", "options", "choice", "choices", "answer", "answers"}
_TEXTS = ("text", "texts", "choices", "options", "endings")
_SAID = ("label", "labels", "scores", "is_correct", "correct")
_TEXT = (
    "text",
    "option",
    "content",
    "value",
    "answer",
    "choice",
    "body",
    "option_text",
    "answer_text",
    "output",
)
_LABEL = ("label", "letter", "key", "id", "marker", "name", "option_id", "index")
_RIGHT = (
    "is_correct",
    "correct",
    "iscorrect",
    "is_answer",
    "isanswer",
    "right",
    "is_right",
    "is_true",
    "truth",
)
_FLAGS = {"true": True, "false": False, "1": True, "0": False, "1.0": True, "0.0": False}


def read_options(value: Any) -> list[Option] | None:
    """The options of one row, or None where they have no form that is turned."""
    if isinstance(value, Mapping):
        return _in_step(value) or _lettered(value)
    if (
        not isinstance(value, list)
        or len(value) < 2
        or not all(isinstance(one, Mapping) for one in value)
    ):
        return None
    made: list[Option] = []
    for one in value:
        folded = {str(key).casefold(): inner for key, inner in one.items()}
        text = next((found for key in _TEXT if (found := plain_text(folded.get(key)))), None)
        if text is None or "start" in folded or "role" in folded:
            return None
        label = next(
            (as_text(folded[key]) for key in _LABEL if isinstance(folded.get(key), str | int)), ""
        )
        made.append((label.strip().upper(), text, _says_right(folded)))
    return made if all(one[0] for one in made) or all(one[2] is not None for one in made) else None


def read_scores(value: Any) -> list[Option] | None:
    """The options of an object of texts and their scores; the highest are right."""
    if not isinstance(value, Mapping) or len(value) < 2:
        return None
    scores = [*value.values()]
    if not all(isinstance(one, int | float) for one in scores) or min(scores) == max(scores):
        return None
    return [("", str(text), score == max(scores)) for text, score in value.items()]


def scored(name: str, values: Sequence[Any]) -> bool:
    """Does a field with these values hold options and their scores?"""
    objects = [one for one in values if isinstance(one, Mapping)]
    if not objects or sum(bool(read_scores(one)) for one in objects) < MOSTLY * len(objects):
        return False
    if name.casefold() in SCORED:
        return True
    shares = all(max(one.values()) == 1 and min(one.values()) >= 0 for one in objects)
    varied = any(one.keys() != objects[0].keys() for one in objects)
    return varied and shares and bool(_ABOUT & set(words_of(name)))


def judged_options(value: Any) -> list[tuple[str, bool]]:
    """Texts with whether each is right, by a flag of any name or a label of 1 and 0; [] where one
    has none."""
    made: list[tuple[str, bool]] = []
    for one in value if isinstance(value, list) else []:
        folded = {str(k).casefold(): v for k, v in one.items()} if isinstance(one, Mapping) else {}
        text = next((found for key in _TEXT if (found := plain_text(folded.get(key)))), "")
        right = _says_right(folded)
        right = flag_of(folded.get("label")) if right is None else right
        if not text or right is None:
            return []
        made.append((text, right))
    return made


def plain_text(value: Any) -> str:
    """A text, a number as one, or the text of an object that holds it: `{"text": "red"}`; else
    ""."""
    if isinstance(value, Mapping):
        value = value.get("text")
    return as_text(value) if isinstance(value, str | int | float) else ""


def flag_of(value: Any) -> bool | None:
    """What 1, 0, true or false says; None for anything else."""
    return _FLAGS.get(as_text(value).strip().casefold()) if not isinstance(value, list) else None


def _says_right(option: Mapping[str, Any]) -> bool | None:
    """Whether an option says of itself that it is right: a flag, or a tag `correct`."""
    if isinstance(tags := option.get("tags"), list):
        return "correct" in [as_text(tag).strip().casefold() for tag in tags]
    for key in _RIGHT:
        if key in option:
            return as_text(option[key]).strip().casefold() in ("true", "1", "1.0", "yes")
    return None


def _lettered(value: Mapping[str, Any]) -> list[Option] | None:
    """`{"A": "red", "B": "blue"}`."""
    if len(value) < 2 or not all(isinstance(one, str) for one in value.values()):
        return None
    marks = [str(key).strip().upper() for key in value]
    if any(len(mark) > 2 for mark in marks):
        return None
    return [(mark, text, None) for mark, text in zip(marks, value.values(), strict=True)]


def _in_step(value: Mapping[str, Any]) -> list[Option] | None:
    """`{"text": ["red", "blue"], "label": ["A", "B"]}`, or with a flag for each."""
    folded = {str(key).casefold(): inner for key, inner in value.items()}
    texts = next((folded[key] for key in _TEXTS if isinstance(folded.get(key), list)), [])
    said = next((folded[key] for key in _SAID if isinstance(folded.get(key), list)), [])
    if len(texts) < 2 or len(texts) != len(said) or not all(isinstance(t, str) for t in texts):
        return None
    flags = [flag_of(one) for one in said]
    if None not in flags and flags.count(True) == 1 and not _is_count(said):
        return [("", text, flag) for text, flag in zip(texts, flags, strict=True)]
    if any(isinstance(one, list | Mapping) for one in said):
        return None
    labels = [as_text(one).strip().upper() for one in said]
    return [(label, text, None) for label, text in zip(labels, texts, strict=True)]


def _is_count(values: Sequence[Any]) -> bool:
    """Places, 0 and 1, rather than flags."""
    return all(isinstance(one, str) for one in values) and [*values] == ["0", "1"]
