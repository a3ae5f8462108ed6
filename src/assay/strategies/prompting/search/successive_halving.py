"""Which of many candidates answers best, for a fixed number of calls: successive halving, or random
search.

What it is for   the search core of `prompt_search`: it knows candidates by their place alone, and
                 rows by theirs
How              halving: all are asked the same few rows; the better half goes on to twice as many,
                 until the last few have been asked all rows. random: as many as the calls allow are
                 asked all rows
Equals           on few rows many score alike: the log share of the right answer then decides, where
                 it is known
Paired           whoever is still in has been asked the same rows, so that how hard these are
                 cancels
Always in        the first `hands` candidates are never dropped: what they score is known on the
                 same rows as the best
Source           Karnin, Koren, Somekh (2013), Almost Optimal Exploration in Multi-Armed Bandits;
                 Jamieson, Talwalkar (2016), Non-stochastic Best Arm Identification and
                 Hyperparameter Optimization, arXiv 1502.07943
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from pathlib import Path

from assay.core import checksummed_lines
from assay.core.types import Answer, Tell

FIRST = 12  # rows of the first round, about: fewer tell nothing, more leave few candidates
CHUNK = 32  # rows asked at a time: what a kill loses at most
MOST = 200  # candidates: past this a better generator pays more than more of the same

# (place of a candidate, places of rows) -> its answers
Ask = Callable[[int, Sequence[int]], list[Answer]]


@dataclass(frozen=True)
class Worth:
    """What answers are worth, read in one way; higher is better.

    Attributes:
        value: the metric. rank: what decides between equals.
        shifts: what was added to the score of each label before the answers were read; empty as
            they are.
    """

    value: float
    rank: float
    shifts: Mapping[str, float] = field(default_factory=dict)


# (places of rows, answers to them) -> their worth as they are, then as other readings have it
Value = Callable[[Sequence[int], Sequence[Answer]], Sequence[Worth]]


@dataclass(frozen=True)
class HalvingRound:
    """`candidates` beside the hands have been asked the first `rows` rows when it ends."""

    candidates: int
    rows: int


def plan_halving(calls: int, hands: int, rows: int, most: int = MOST) -> tuple[HalvingRound, ...]:
    """Rounds of successive halving that take at most `calls` calls, with as many candidates as that
    allows.

    Args:
        hands: candidates that stay until the end, beside those that are counted. rows: that the
            last are asked.
        most: candidates there are at most.

    Returns:
        The rounds in order; empty where the calls do not allow one candidate on one row.
    """
    while rows > 0:
        steps = [rows]
        while steps[0] >= 2 * FIRST:
            steps.insert(0, ceil(steps[0] / 2))
        fitting = [n for n in range(1, most + 1) if cost(_rounds(n, steps), hands) <= calls]
        if fitting:
            return _rounds(fitting[-1], steps)
        rows -= 1
    return ()


def _rounds(candidates: int, steps: Sequence[int]) -> tuple[HalvingRound, ...]:
    return tuple(HalvingRound(ceil(candidates / 2**i), rows) for i, rows in enumerate(steps))


def plan_random_search(
    calls: int, hands: int, rows: int, most: int = MOST
) -> tuple[HalvingRound, ...]:
    """Random search as one round: every candidate is asked the same rows. As `plan_halving`
    otherwise."""
    while rows > 0:
        if (candidates := min(calls // rows - hands, most)) > 0:
            return (HalvingRound(candidates, rows),)
        rows -= 1
    return ()


def cost(rounds: Sequence[HalvingRound], hands: int) -> int:
    """Calls that the rounds take."""
    before = 0
    total = 0
    for one in rounds:
        total += (one.candidates + hands) * (one.rows - before)
        before = one.rows
    return total


@dataclass(frozen=True)
class HalvingResult:
    """What a search found.

    Attributes:
        best: place of the candidate with the highest value on all rows, in any reading.
        hand: place of the hand with the highest value, as it is. worth, hand_worth: theirs on the
            same `rows` rows.
        hand_calibrated: highest value of a hand in any reading.
        last: all that were asked all rows in all readings, best first.
    """

    best: int
    hand: int
    worth: Worth
    hand_worth: Worth
    hand_calibrated: float
    rows: int
    calls: int
    last: tuple[tuple[int, Worth], ...]


class AnswerLog:
    """Answers of candidates to rows. Each chunk is one line of `file`: after a kill nothing is
    asked twice, and what is asked is asked in the same company, so that the numbers stay the
    same."""

    def __init__(self, file: Path, ask: Ask, names: Sequence[str], tell: Tell, total: int):
        self.file = file
        self.ask = ask
        self.names = names  # of the candidates: what a line belongs to
        self.tell = tell
        self.total = total
        self.calls = 0
        self.known: dict[str, list[Answer]] = {}
        for row in checksummed_lines.beginning(file, tell):
            self.known.setdefault(row["name"], []).extend(
                Answer.from_json(answer) for answer in row["answers"]
            )

    def answers(self, candidate: int, start: int, stop: int) -> None:
        """Have the candidate answer the rows from `start` to before `stop`; those before `start` it
        has answered."""
        name = self.names[candidate]
        answers = self.known.setdefault(name, [])
        for begin in range(start, stop, CHUNK):
            end = min(begin + CHUNK, stop)
            if len(answers) < end:
                new = self.ask(candidate, range(begin, end))
                checksummed_lines.add(
                    self.file, {"name": name, "answers": [answer.to_json() for answer in new]}
                )
                answers += new
            self.calls += end - begin
            self.tell(
                {"event": "progress", "done": self.calls, "total": self.total, "unit": "call"}
            )

    def first(self, candidate: int, rows: int) -> list[Answer]:
        """Its answers to the first `rows` rows."""
        return self.known[self.names[candidate]][:rows]


def search(
    asked: AnswerLog,
    value: Value,
    rounds: Sequence[HalvingRound],
    hands: int,
    lengths: Sequence[int],
) -> HalvingResult:
    """Run the rounds: the candidates from `hands` on stay in while they are among the best of their
    round.

    Args:
        lengths: of each candidate's prompt, in any unit: of equal candidates the shorter one stays.
    """
    left = list(range(hands + rounds[0].candidates))
    before = 0
    worths: dict[int, Sequence[Worth]] = {}
    for number, one in enumerate(rounds):
        for candidate in left:
            asked.answers(candidate, before, one.rows)
        before = one.rows
        worths = {c: value(range(one.rows), asked.first(c, one.rows)) for c in left}
        if number + 1 < len(rounds):
            order = [c for c, _ in rank_readings(worths, lengths) if c >= hands]
            left = [
                *range(hands),
                *sorted(list(dict.fromkeys(order))[: rounds[number + 1].candidates]),
            ]
    hand, hand_worth = rank_readings({c: worths[c][:1] for c in range(hands)}, lengths)[0]
    last = rank_readings(worths, lengths)
    best, worth = last[0]
    read = max(worth.value for c in range(hands) for worth in worths[c])
    return HalvingResult(best, hand, worth, hand_worth, read, before, asked.calls, tuple(last))


def rank_readings(
    worths: Mapping[int, Sequence[Worth]], lengths: Sequence[int]
) -> list[tuple[int, Worth]]:
    """Each reading of every candidate, best first: by value, then by rank. Of equals the one that
    is read as it is comes first, then the shorter one, then the first."""
    pairs = [(c, worth) for c in worths for worth in worths[c]]
    return sorted(
        pairs, key=lambda p: (-p[1].value, -p[1].rank, bool(p[1].shifts), lengths[p[0]], p[0])
    )
