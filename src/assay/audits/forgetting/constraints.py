"""Does an answer keep to what was asked of its form? Each check is a rule that a program can
decide.

What it is for   whether a model still follows instructions, whatever it says
How              a check has a name and, for most, a value: {"check": "bullets", "value": 3}; an
                 answer keeps to a prompt when it passes all of the prompt's checks, as it stands
Chance           some rules hold for almost any text ("no comma"): how many the `STOCK` answers
                 pass, which answer no prompt, is what keeping to a rule by chance comes to
Source           the manner of Zhou et al. (2023), Instruction-following evaluation for large
                 language models, arxiv.org/abs/2311.07911; rules and prompts are our own
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

# Answers to nothing in particular: a label, a word, a refusal, a reply, a reply of two paragraphs,
# a list.
STOCK = (
    "card_arrival",
    "Yes",
    "I'm sorry, but I can't help with that.",
    "The answer depends on what you need. In most cases, it is best to begin with a simple plan"
    " and change it later.",
    "There are many ways to look at it.\n\nSome people prefer one way, others another, and both"
    " have reasons.",
    "Here are some points:\n"
    "\n1. Think about what you want.\n2. Ask somebody who knows.\n3. Take your time.",
)

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_BULLET = re.compile(r"^\s*[-*•]\s+\S", re.M)
_NUMBERED = re.compile(r"^\s*\d+[.)]\s+\S", re.M)
_SENTENCE = re.compile(r"[^.!?]*\w[^.!?]*[.!?]+(?=\s|$|[\"'”’)])")


def words(text: str) -> list[str]:
    return _WORD.findall(text)


def times(text: str, word: str) -> int:
    """How often the word or phrase stands in the text, as whole words, whatever its case."""
    return len(re.findall(rf"(?<!\w){re.escape(word)}(?!\w)", text, re.IGNORECASE))


def paragraphs(text: str) -> list[str]:
    return [part for part in re.split(r"\n\s*\n", text.strip()) if part.strip()]


def has_keys(text: str, keys: Sequence[str]) -> bool:
    """The whole text, a code fence around it aside, is a JSON object with exactly these keys."""
    inside = re.fullmatch(r"```(?:json)?\s*(.*?)\s*```", text.strip(), re.S)
    try:
        found = json.loads(inside[1] if inside else text)
    except ValueError:
        return False
    return isinstance(found, dict) and set(found) == set(keys)


def ends_with(text: str, ending: str) -> bool:
    """The text ends with these words, whatever their case; a mark behind them or quotes around them
    do not count."""
    bare = text.strip().rstrip(".!?\"'”’*").casefold()
    return bare.endswith(ending.strip().rstrip(".!?").casefold())


def _is_cased(text: str, other: Callable[[str], str], least: int = 1) -> bool:
    return (
        len(words(text)) >= least
        and any(letter.isalpha() for letter in text)
        and text == other(text)
    )


# Name of a check -> (what its value must be, the rule).
CHECKS: Mapping[str, tuple[type | None, Callable[[str, Any], bool]]] = {
    "lower_case": (None, lambda text, _: _is_cased(text, str.lower)),
    "upper_case": (None, lambda text, _: _is_cased(text, str.upper)),
    "without": (
        str,
        lambda text, letters: bool(text.strip()) and letters.casefold() not in text.casefold(),
    ),
    "no_digits": (None, lambda text, _: bool(text.strip()) and not re.search(r"\d", text)),
    "bullets": (int, lambda text, n: len(_BULLET.findall(text)) == n),
    "numbered": (int, lambda text, n: len(_NUMBERED.findall(text)) == n),
    "paragraphs": (int, lambda text, n: len(paragraphs(text)) == n),
    "sentences": (int, lambda text, n: len(_SENTENCE.findall(text)) == n),
    "at_most_words": (int, lambda text, n: 0 < len(words(text)) <= n),
    "at_least_words": (int, lambda text, n: len(words(text)) >= n),
    "exactly_words": (int, lambda text, n: len(words(text)) == n),
    "at_most_lines": (int, lambda text, n: 0 < len(text.strip().splitlines()) <= n),
    "starts_with": (str, lambda text, start: text.strip().casefold().startswith(start.casefold())),
    "ends_with": (str, ends_with),
    "contains": (str, lambda text, word: times(text, word) >= 1),
    "exactly_once": (str, lambda text, word: times(text, word) == 1),
    "at_least_twice": (str, lambda text, word: times(text, word) >= 2),
    "at_least_three_times": (str, lambda text, word: times(text, word) >= 3),
    "json": (list, has_keys),
    "quoted": (None, lambda text, _: bool(re.fullmatch(r'\s*["“].+["”]\s*', text, re.S))),
    "question": (None, lambda text, _: text.strip().endswith("?")),
    "capitals": (
        int,
        lambda text, n: sum(word.isupper() and len(word) > 1 for word in words(text)) >= n,
    ),
    "one_of": (
        list,
        lambda text, options: (
            text.strip().rstrip(".").casefold() in [one.casefold() for one in options]
        ),
    ),
}


def passes_checks(text: str, checks: Sequence[Mapping[str, Any]]) -> bool:
    """Whether the text passes all checks. Raises KeyError for a check that is not in `CHECKS`."""
    return all(CHECKS[check["check"]][1](text, check.get("value")) for check in checks)


def fault(check: Any) -> str:
    """What is wrong with a check, in words; empty when nothing is."""
    from assay.core.errors import did_you_mean

    if not isinstance(check, dict) or not isinstance(check.get("check"), str):
        return 'a check must be an object with a name: {"check": "bullets", "value": 3}'
    name, value = check["check"], check.get("value")
    if name not in CHECKS:
        return f"there is no check '{name}'{did_you_mean(name, CHECKS)}"
    wanted = CHECKS[name][0]
    if wanted is None:
        return "" if value is None else f"'{name}' takes no value"
    if not isinstance(value, wanted) or isinstance(value, bool):
        return f"'{name}' needs a value of the kind {wanted.__name__}, got {json.dumps(value)}"
    if isinstance(value, list) and not all(isinstance(one, str) for one in value):
        return f"'{name}' needs a list of texts"
    return ""


def chance(checks: Sequence[Mapping[str, Any]]) -> float:
    """Share of the `STOCK` answers that pass all checks."""
    return sum(passes_checks(answer, checks) for answer in STOCK) / len(STOCK)
