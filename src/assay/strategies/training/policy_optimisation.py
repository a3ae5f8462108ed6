"""Learn from rewards of answers that the model writes itself: GRPO, RLOO and PPO.

What it is for   a good answer can be told when it is seen (by a test, a rule, a judge), and several
                 are right, or none is written down
Costs            the inner strategy's training; then each round writes `prompts` x `samples`
                 answers, reads them twice (by the weights of now and of the start) and learns from
                 them: minutes to hours
Source           Shao et al. (2024), DeepSeekMath (GRPO), arxiv.org/abs/2402.03300; Ahmadian et al.
                 (2024), Back to Basics (RLOO), arxiv.org/abs/2402.14740; Schulman et al. (2017),
                 PPO, arxiv.org/abs/1707.06347; formulas: training/objectives/policy_gradient.py
Good when        the inner strategy is right now and then: where all answers to a question have the
                 same reward, nothing is learnt from it
Watch out        the model learns what is rewarded, not what is meant: the task's metric on val
                 stands beside the reward, and ends the training where it falls while the reward
                 rises. Compare with `best_of_n` and `raft`, which need less
Defaults from    beta .04: Shao et al.; .05 for rloo and ppo, clipping .2: TRL; lambda .95: Ouyang
                 et al. (2022), arxiv.org/abs/2203.02155; the rate is a tenth of the inner
                 method's own
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, field_validator

from assay.core.errors import Problem, TrainError
from assay.core.types import Example, Lesson, Piece, Task
from assay.evaluation.rewards.reward import RewardSum, reward_settings
from assay.evaluation.scoring import metrics_for
from assay.strategies.prompting.few_shot import sample_rows
from assay.strategies.training.after_inner import OWN, AfterInner
from assay.strategies.training.answer_sampling import (
    RewardField,
    Sampler,
    as_mappings,
    rewarded,
    rows_of_round,
    watch,
    with_room,
    writes_no_texts,
)
from assay.strategies.training.trained_arm import Tuned
from assay.training.settings import NetworkChange

if TYPE_CHECKING:
    from assay.models.inference.chat_model import ChatModel
    from assay.training.objectives.classification import ClassifierLayer
    from assay.training.policy_training import PolicyTraining
    from assay.training.written_answers import Round

# how dear it is to leave the start, where none is given
BETA = {"grpo": 0.04, "rloo": 0.05, "ppo": 0.05}
# Settings of a training on fixed rows that mean nothing here
FIXED = ("noise", "unfreeze", "processes", "trunk", "compiled", "too_long")
PPO = ("trace", "gamma", "value", "value_clip")
SAMPLE = 64  # training rows that the value layer's mean and scale are taken from


class PolicyOptimisation(AfterInner):
    kind: Literal["policy_optimisation"] = "policy_optimisation"
    VERSION = 6  # learning_rate: auto
    share_of_inner = 0.1
    reward: tuple[Piece, ...] = RewardField  # one or several, added up by their weights
    method: Literal["grpo", "rloo", "ppo"] = "grpo"
    samples: int = Field(default=8, ge=1, le=256)  # answers to a question
    prompts: int = Field(default=8, ge=1, le=4096)  # questions in a round
    rounds: int = Field(default=100, ge=1, le=100_000)
    temperature: float = Field(default=1.0, gt=0, le=2)  # that answers are drawn at
    top_p: float = Field(default=1.0, gt=0, le=1)
    # how dear it is to leave the model at the start; None: the method's usual one
    beta: float | None = Field(default=None, ge=0, le=100)
    # nats an answer that beta is steered towards; 0: it stays as it is
    target_kl: float = Field(default=0.0, ge=0, le=1000)
    # nats an answer from the start at which training ends; 0: none
    max_kl: float = Field(default=0.0, ge=0, le=10_000)
    # how far from 1 a token's ratio is followed, downwards; and upwards where that is another
    epsilon: float = Field(default=0.2, gt=0, lt=1)
    epsilon_high: float | None = Field(default=None, gt=0, le=10)
    normalise: Literal["grpo", "dr-grpo", "dapo"] = "grpo"  # of grpo
    scale: bool = True  # of grpo: advantages are divided by the question's standard deviation
    trace: float = Field(default=0.95, ge=0, le=1)  # lambda of ppo's advantages
    gamma: float = Field(default=1.0, gt=0, le=1)  # what a reward is worth a token later, of ppo
    value: float = Field(default=0.1, ge=0, le=100)  # of the values' loss, of ppo
    value_clip: float = Field(default=0.2, gt=0, le=100)
    # from the base, without the inner strategy's own training before
    from_base: bool = False
    epochs: int = Field(default=1, ge=1, le=1000)  # over a round's answers
    batch_size: int = Field(default=8, ge=1, le=4096)  # questions in an optimiser step
    schedule: Literal["cosine", "linear", "constant", "wsd", "plateau"] = "constant"
    patience: int = Field(default=4, ge=1)  # looks without a better val score before it ends
    val_rows: int = Field(default=100, ge=1)
    usual_ranges = {
        "learning_rate": {"low": 1e-5, "high": 5e-4, "log": True},
        "beta": {"low": 1e-3, "high": 0.2, "log": True},
    }

    @field_validator("reward", mode="before")
    @classmethod
    def _named(cls, value: Any) -> Any:
        return as_mappings(value)

    def _faults(self) -> Iterator[str]:
        yield from super()._faults()
        reward_settings(self.reward, targets=True)
        why = "rewards say what is learnt; give it to `inner`, or leave it out"
        yield from self._set_elsewhere(OWN, why)
        yield from self._set_elsewhere(FIXED, "answers are new in every round; leave it out")
        if self.method != "ppo":
            yield from self._set_elsewhere(PPO, f"it is ppo's, not of {self.method}; leave it out")
            if self.samples < 2:
                yield f"samples: {self.method} compares answers to one question; take 2 or more"
        if self.method != "grpo":
            names = ("normalise", "scale")
            yield from self._set_elsewhere(names, f"it is grpo's, not of {self.method}")
        if self.batch_size > self.prompts and "batch_size" in self.model_fields_set:
            text = f"batch_size: {self.batch_size} is more than the {self.prompts} prompts of a"
            yield f"{text} round"

    @property
    def kl_weight(self) -> float:
        return BETA[self.method] if self.beta is None else self.beta

    def needs(self, base: str) -> tuple[str, ...]:
        own = [name for one in self.reward for name in one.needs(base)]
        return tuple(dict.fromkeys([*self.inner.needs(base), *own]))

    def belongs_elsewhere(self, task: Task) -> str:
        return writes_no_texts(task)

    def learn_from(
        self, lesson: Lesson, model: ChatModel, change: NetworkChange, arm: Tuned
    ) -> None:
        from assay.training.estimate.protocol import find_request, part
        from assay.training.out_of_memory import translate_memory_errors
        from assay.training.over_optimisation import verdict

        self._refuse_cap(model)
        with translate_memory_errors(self.kind):
            training = self._training(lesson, model, change, arm)
            if find_request(lesson.workdir) is not None:
                with part(lesson.workdir, "rounds", self.rounds):
                    replace(training, rounds=1, watch=None).run()
                return
            progress = training.run()
        if progress.skipped:
            text = f"{self.kind}: steps whose answers all had the same reward, and were left out"
            told = {"event": "warning", "code": "T014", "count": progress.skipped, "text": text}
            lesson.tell(told)
        model.network.eval().requires_grad_(False)
        model.forget()
        arm.curve, arm.ended, arm.best_step = progress.curve, progress.ended, progress.best_step
        arm.fit = verdict(progress.curve, training.metric).to_json()
        arm.auto_rate = training.settings.rate if self.learning_rate == "auto" else None

    def _training(
        self, lesson: Lesson, model: ChatModel, change: NetworkChange, arm: Tuned
    ) -> PolicyTraining:
        from assay.training.objectives.policy_gradient import PolicyLoss
        from assay.training.policy_training import Advantages, PolicyTraining

        rewards = RewardSum.fit(reward_settings(self.reward, targets=True), lesson)
        rows = with_room(lesson, arm, self.max_length, self.kind)
        rows = rows if self.max_rows is None else sample_rows(rows, self.max_rows, lesson.seed)
        held = sample_rows(lesson.val, self.val_rows, lesson.seed)
        if not held:
            text = f"{self.kind}: there are no val rows, so nothing is watched; the last weights"
            lesson.tell({"event": "note", "text": f"{text} are kept"})
        layer = self._value_layer(model, arm, rows) if self.method == "ppo" else None
        if layer is not None:
            own = {f"value.{name}": weight for name, weight in layer.named_parameters()}
            change = replace(change, trained={**change.trained, **own})
        sampler = Sampler(arm, self.samples, self.temperature, self.top_p, lesson.seed)
        high = self.epsilon if self.epsilon_high is None else self.epsilon_high
        return PolicyTraining(
            network=model.network,
            change=change,
            settings=self.for_base(model.network),
            loss=PolicyLoss(
                self.method,
                self.epsilon,
                high,
                self.kl_weight,
                self.normalise,
                arm.room,
                self.temperature,
                self.value,
                self.value_clip,
            ),
            advantages=Advantages(self.scale, self.gamma, self.trace, self.target_kl),
            rounds=self.rounds,
            questions=min(self.prompts, len(rows)),
            seed=lesson.seed,
            pad=model.pad,
            write=partial(self._write, lesson, rewards, sampler, rows),
            watch=partial(watch, lesson, arm, rewards, held) if held else None,
            metric=metrics_for(lesson.task)[0].name,
            workdir=lesson.workdir,
            tell=lesson.tell,
            layer=layer,
            most_kl=self.max_kl,
        )

    def _write(
        self,
        lesson: Lesson,
        rewards: RewardSum,
        sampler: Sampler,
        rows: Sequence[Example],
        number: int,
    ) -> Round:
        """A round's answers, by the model as it is, and their rewards."""
        from assay.training.written_answers import Round

        count = min(self.prompts, len(rows))
        places = rows_of_round(rows, number, count, lesson.seed)
        steps = -(-count // self.batch_size) * self.epochs  # of a round

        def tell(event: dict[str, Any]) -> None:
            """Answers that are written, while no step is made: most of a round's time."""
            if event.get("event") == "progress":
                at = {"done": number * steps, "total": self.rounds * steps, "unit": "step"}
                lesson.tell({**event, **at, "values": {"written": event["done"]}})
            else:
                lesson.tell(event)

        sampled = sampler.write([rows[at] for at in places], number, tell)
        found, n = rewarded(rewards, sampled), self.samples
        starts = range(0, len(sampled.answers), n)
        return Round(
            rows=places,
            prompts=[sampled.written[at].prompt for at in starts],
            answers=[[one.tokens for one in sampled.written[at : at + n]] for at in starts],
            rewards=found.total.reshape(-1, n).tolist(),
            parts={name: float(values.mean()) for name, values in found.parts.items()},
            cut=sum(one.truncated for one in sampled.answers) / len(sampled.answers),
        )

    def _value_layer(
        self, model: ChatModel, arm: Tuned, rows: Sequence[Example]
    ) -> ClassifierLayer:
        from assay.strategies.training.head import states_of
        from assay.training.objectives.classification import ClassifierLayer

        width = model.network.get_output_embeddings().weight.shape[1]
        layer = ClassifierLayer(width, 1).to(model.device)
        some = [model.chat.prompt(arm.prompt(row.question))[0] for row in rows[:SAMPLE]]
        layer.measure(states_of(model, some, "last"))
        return layer

    def _refuse_cap(self, model: ChatModel) -> None:
        """
        Raises:
            TrainError: T115, the model caps its logits, which a temperature comes after.
        """
        from assay.models.inference.output_layer import output

        if self.temperature != 1 and output(model.network)[3] is not None:
            text = f"{self.kind}: {model.name} caps its logits; its answers are learnt from at"
            raise TrainError(Problem("T115", f"{text} temperature 1 alone", help="set it to 1"))
