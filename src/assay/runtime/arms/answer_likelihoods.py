"""How likely a strategy finds the two answers of a pair, for the metrics of preferences.

How        after its answers, its model reads both texts behind the prompt that it was sent, end of
           turn included; neither says which one was chosen. For a trained model its base reads them
           behind the same prompt, too: the difference is the implicit reward
Costs      two texts a row, which share their prompt; twice that where something was trained. The
           base is a second model in memory
Baselines  those without a language model prefer neither text
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from assay.core.types import Adapted, Answer, Example, LanguageModel, Strategy, Task, Tell

VERSION = 1  # raise it when the same model finds other likelihoods
METRICS = {"preference_accuracy", "length_controlled_preference"}


def needs_likelihoods(task: Task) -> bool:
    """Whether the task shows a metric of preferences."""
    return bool(METRICS & {task.metric, *task.metrics, *task.guards})


def is_trained(strategy: Strategy) -> bool:
    """Whether its model, or that of what stands inside it, is another one than the base."""
    inner = [one for _, one in strategy.inside() if isinstance(one, Strategy)]
    return bool(strategy.does) or any(is_trained(one) for one in inner)


class PairReader:
    """Reads the pairs of one strategy's questions. The base is opened once, when it is needed."""

    def __init__(self, strategy: Strategy, base: str, open_model: Callable[[str], LanguageModel]):
        self.strategy = strategy
        self.name = next(iter(strategy.needs(base)), base)
        self._open = open_model
        self._base: LanguageModel | None = None
        self._known: dict[tuple[object, ...], tuple[float, ...]] = {}  # the base changes nothing

    def read(
        self,
        adapted: Adapted,
        questions: Sequence[Example],
        answers: Sequence[Answer],
        tell: Tell | None = None,
    ) -> list[Answer]:
        """The answers with the likelihoods of both texts, where the question is a pair.

        Raises:
            TrainError: T084, the model gives no likelihoods.
        """
        places = [at for at, question in enumerate(questions) if question.compared]
        made = list(answers)
        if adapted.model is None:
            told = (0.0, 0.0) if self.strategy.baseline else ()
            for at in places:
                made[at] = replace(made[at], likelihoods=told)
            return made
        asked = [(adapted.prompt(questions[at]), questions[at].compared) for at in places]
        own = pair_likelihoods(adapted.model, asked, tell)
        base = self._reference(asked, tell) if is_trained(self.strategy) else [()] * len(asked)
        for at, values, reference in zip(places, own, base, strict=True):
            made[at] = replace(made[at], likelihoods=values, reference=reference)
        return made

    def _reference(self, asked: Sequence[tuple], tell: Tell | None) -> list[tuple[float, ...]]:
        new = [one for one in dict.fromkeys(asked) if one not in self._known]
        if new:
            self._base = self._base or self._open(self.name)
            self._known |= dict(zip(new, pair_likelihoods(self._base, new, tell), strict=True))
        return [self._known[one] for one in asked]


def pair_likelihoods(
    model: LanguageModel, asked: Sequence[tuple], tell: Tell | None = None
) -> list[tuple[float, ...]]:
    """Natural-log likelihood of each text as the whole answer to its prompt, end of turn included.

    Args:
        asked: (prompt, texts).
    """
    from assay.models.inference.log_likelihood import need_likelihoods, score_continuations

    chat = need_likelihoods(model)
    rows = [one for prompt, texts in asked for one in chat.chat.answers(prompt, texts)]
    ids, starts = [one.ids for one in rows], [one.learnt[0][0] for one in rows]
    values = iter(score_continuations(chat, ids, starts, tell))
    return [tuple(float(next(values).log_probs.sum()) for _ in texts) for _, texts in asked]
