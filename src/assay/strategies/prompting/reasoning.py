"""Reason first, then answer; several times where one chain may go astray.

Steps        the model writes its reasoning, then its answer after a mark (Wei et al. 2022,
             arxiv.org/abs/2201.11903; without examples: Kojima et al. 2022,
             arxiv.org/abs/2205.11916)
Labels       after one chain the labels are scored in a further turn, so that every label has a
             score; with several chains, and with a model that cannot score, the label is read from
             the text
Several      drawn chains vote with the answers that can be read: self-consistency (Wang et al.
             2023, arxiv.org/abs/2203.11171)
"""

from collections.abc import Sequence

from assay.core.types import Answer, Generated, Message, Messages
from assay.tasks.parsing import AnswerParser

ASKED = "So which label is it? Answer with the label alone."
BETWEEN = "\n\n---\n\n"  # between the chains of one question, where they are shown


def majority_vote(
    texts: Sequence[str | None], logprobs: Sequence[float | None] = ()
) -> tuple[str | None, float]:
    """The answer that most chains give, and its share of all chains; (None, 0) where no chain gives
    one.

    Answers that differ in case, white space and a full stop are one, written as the first of them.
    Of equally frequent ones the one whose chains are the likeliest in sum wins where all
    likelihoods are known, then the first.
    """
    votes: dict[str, list[int]] = {}
    for place, text in enumerate(texts):
        if text is not None:
            votes.setdefault(" ".join(text.casefold().split()).rstrip("."), []).append(place)
    if not votes:
        return None, 0.0
    known = [value for value in logprobs if value is not None]
    sums = dict.fromkeys(votes, 0.0)
    if len(known) == len(texts):
        sums = {key: sum(known[place] for place in places) for key, places in votes.items()}
    best = min(votes, key=lambda key: (-len(votes[key]), -sums[key], votes[key][0]))
    return texts[votes[best][0]], len(votes[best]) / len(texts)


def read(reading: AnswerParser, chains: Sequence[Generated]) -> Answer:
    """The answer of one question's chains, with the tokens of all of them."""
    texts = [reading.lenient(chain.text) for chain in chains]
    text, share = majority_vote(texts, [chain.logprob for chain in chains])
    return Answer(
        text,
        raw=BETWEEN.join(chain.text for chain in chains),
        confidence=round(share, 4) if len(chains) > 1 else None,
        prompt_tokens=sum(chain.prompt_tokens for chain in chains),
        tokens=sum(chain.tokens for chain in chains),
        truncated=all(chain.truncated for chain in chains),
        refused=all(chain.refused for chain in chains),
    )


def ask_for_label(prompt: Messages, chain: Generated) -> Messages:
    """The further turn in which the label is asked for after a chain."""
    return (*prompt, Message("assistant", chain.text), Message("user", ASKED))
