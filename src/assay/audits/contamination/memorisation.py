"""Do test rows look memorised? Their likelihood against paraphrases of themselves, beside that of
reference rows.

How         A text that was learnt by heart is likelier, word for word, than the same text said a
            little differently. Every text is a little likelier than its paraphrases, so the margin
            of the test rows is held against that of rows the model cannot know, or knows no better:
            `share` is how often a test row's margin is the larger one (0.5 where they are alike),
            with an interval over both sets of rows
Margin      mean log-probability of a token of the text, less the mean of that over its paraphrases
Beside it   Min-K %: the mean of the least likely fifth of a text's tokens (Shi et al. 2023,
            arxiv.org/abs/2310.16789)
Source      paraphrases as a control: Mattern et al. (2023), Membership inference attacks against
            language models via neighbourhood comparison, arxiv.org/abs/2305.18462
Watch out   Evidence, never proof. If train and test were both learnt, rows of train as the
            reference show nothing. The order of rows (Oren et al. 2023, arxiv.org/abs/2310.17623)
            is not used: data files are often sorted
"""

import random
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from assay.core.sampling import random_stream

PARAPHRASES = 8
LEVEL = 0.99  # a false alarm discredits a whole report
LEAST_WORDS = 4
EDITED = 0.2  # share of a text's words that a paraphrase edits
DRAWS = 2000

_PIECES = re.compile(r"[^\W_]+(?:['’][^\W_]+)?|[\W_]+")
_SAME = """
big large; help assist; get receive; buy purchase; show display; need require; ask enquire;
begin start; end finish; many several; fast quick; wrong incorrect; right correct; money funds;
sent dispatched; why how come; also too; about regarding; because since; but however; happy glad;
keep hold; look see; make create; maybe perhaps; often frequently; only just; problem issue;
send dispatch; small little; stop halt; tell inform; use employ; want wish; work function;
will shall; with using; and plus
"""
_LONG = {
    "i'm": "I am",
    "i've": "I have",
    "don't": "do not",
    "can't": "cannot",
    "isn't": "is not",
    "it's": "it is",
}
_LONG |= {
    "didn't": "did not",
    "doesn't": "does not",
    "what's": "what is",
    "won't": "will not",
    "haven't": "have not",
}
_SMALL = {"the", "a", "an", "please", "just", "really", "very", "still", "now", "so"}


def _synonyms() -> dict[str, str]:
    pairs = [pair.split(maxsplit=1) for pair in _SAME.replace("\n", " ").split(";")]
    return {one: other for a, b in pairs for one, other in ((a, b), (b, a))}


def paraphrases(text: str, n: int = PARAPHRASES, *, seed: int = 0) -> list[str]:
    """At most `n` different texts that say nearly the same: words of like meaning, long and short
    forms, small words left out, neighbours changed about. Fewer where there are not as many; none
    under `LEAST_WORDS` words."""
    pieces = _PIECES.findall(text)
    if sum(_is_word(piece) for piece in pieces) < LEAST_WORDS:
        return []
    draw, known = random_stream(seed, text), _synonyms()
    found: dict[str, None] = {}
    for _ in range(4 * n):
        made = _edit_words(pieces, draw, known)
        if made != text:
            found[made] = None
        if len(found) == n:
            break
    return list(found)


def _is_word(piece: str) -> bool:
    return piece[0].isalnum()


def _edit_words(pieces: Sequence[str], draw: random.Random, known: dict[str, str]) -> str:
    out = list(pieces)
    words = [at for at, piece in enumerate(out) if _is_word(piece)]
    count = max(1, round(EDITED * len(words)))
    easy = [
        at for at in words if (low := out[at].lower()) in known or low in _LONG or low in _SMALL
    ]
    chosen = draw.sample(easy, min(len(easy), count))
    # Half of the edits at least change the order, or texts without a word of the tables would never
    # differ.
    if chosen and draw.random() < 0.5:
        chosen = chosen[: max(1, len(chosen) // 2)]
    for at in chosen:
        low = out[at].lower()
        new = "" if low in _SMALL else known.get(low) or _LONG[low]
        out[at] = new[:1].upper() + new[1:] if out[at][0].isupper() else new
    for _ in range(count - len(chosen)):
        at = draw.randrange(len(words) - 1)
        first, second = words[at], words[at + 1]
        out[first], out[second] = out[second], out[first]
    return " ".join("".join(out).split())


def mann_whitney_share(
    test: np.ndarray, reference: np.ndarray, *, seed: int = 0
) -> dict[str, float]:
    """How often a value of `test` exceeds one of `reference`, ties half (the statistic of Mann and
    Whitney, 1947, doi.org/10.1214/aoms/1177730491), with its bootstrap interval over the rows of
    both."""
    above = (test[:, None] > reference[None]) + 0.5 * (test[:, None] == reference[None])
    generator = np.random.default_rng(seed)
    drawn = np.empty(DRAWS)
    for at in range(DRAWS):
        rows = np.bincount(generator.integers(0, len(test), len(test)), minlength=len(test))
        columns = np.bincount(
            generator.integers(0, len(reference), len(reference)), minlength=len(reference)
        )
        drawn[at] = rows @ above @ columns
    drawn /= above.size
    low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return {
        "value": round(float(above.mean()), 4),
        "low": round(float(low), 4),
        "high": round(float(high), 4),
    }


# texts -> (mean, mean of the least fifth), in nats
Read = Callable[[Sequence[str]], Sequence[tuple[float, float]]]


def detect_memorisation(
    test: Sequence[str], reference: Sequence[str], read: Read, *, seed: int = 0
) -> dict[str, Any]:
    """Hold the test rows' margins against the reference's.

    Args:
        test, reference: texts of rows; those under `LEAST_WORDS` words are left out and counted.
        read: log-probability of a token of each text, mean over all tokens and over the least
            likely fifth.

    Returns:
        plain JSON: suspected (is the whole interval of `share` above 0.5?), share, min_k, rank
        (share of its paraphrases that a row is likelier than), rows and skipped by set, level.
        Without two rows in each set, share is None.
    """
    sets = {"test": test, "reference": reference}
    made = {
        name: [(text, paraphrases(text, seed=seed)) for text in texts]
        for name, texts in sets.items()
    }
    used = {
        name: [(text, others) for text, others in rows if others] for name, rows in made.items()
    }
    out: dict[str, Any] = {
        "suspected": False,
        "share": None,
        "min_k": None,
        "rank": None,
        "level": LEVEL,
    }
    out |= {"rows": {name: len(rows) for name, rows in used.items()}, "paraphrases": PARAPHRASES}
    out["skipped"] = {name: len(texts) - len(used[name]) for name, texts in sets.items()}
    if min(out["rows"].values()) < 2:
        return out
    found = iter(
        read([one for rows in used.values() for text, others in rows for one in (text, *others)])
    )
    margins: dict[str, np.ndarray] = {}
    ranks, least = dict(margins), dict(margins)
    for name, rows in used.items():
        own = [(next(found), np.array([next(found)[0] for _ in others])) for _, others in rows]
        margins[name] = np.array([mean - others.mean() for (mean, _), others in own])
        ranks[name] = np.array([(mean > others).mean() for (mean, _), others in own])
        least[name] = np.array([low for (_, low), _ in own])
    out["share"] = mann_whitney_share(margins["test"], margins["reference"], seed=seed)
    out["min_k"] = mann_whitney_share(least["test"], least["reference"], seed=seed)
    out["rank"] = {name: round(float(values.mean()), 4) for name, values in ranks.items()}
    out["suspected"] = out["share"]["low"] > 0.5
    return out
