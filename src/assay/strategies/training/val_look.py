"""A tuned model as training looks at it on val: one pass gives the labels and the loss.

What it is for   a look at val reads each row once where labels are scored: the likelihood of the
                 row's own label, as the whole answer, is minus the loss of its tokens
Good when        what is learnt is the label's tokens and nothing else; else `nats` is empty, and
                 the loss takes a pass of its own
Watch out        close labels are not scored again in fp32, as answers are that are kept: a look
                 decides when to stop and which weights are kept, and no claim is made from it
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from assay.core.types import Example, Messages, Task, Tell
from assay.strategies.prompting.prompted_arm import Prompted

if TYPE_CHECKING:
    import numpy as np

    from assay.models.inference.chat_model import ChatModel
    from assay.models.tokenizer.chat_tokens import Encoded


class ValLook(Prompted):
    """Asks as the arm of a training that chooses labels does.

    Args:
        rows: the val rows that are asked. sequences: what is learnt of each; empty where the loss
            is another one.
    """

    def __init__(
        self,
        model: ChatModel,
        task: Task,
        room: int,
        rows: Sequence[Example] = (),
        sequences: Sequence[Encoded] = (),
    ):
        super().__init__(model, task, labels=False, room=room)
        self._chat_model = model
        # what each row is asked -> the number of its label
        self._wanted: dict[Messages, int] = {}
        self._order: list[Messages] = []
        self._known: dict[Messages, float] = {}  # shared by the copies that answer roughly
        if len(rows) == len(sequences) and not model.closed:
            self._expect(rows, sequences)

    def _expect(self, rows: Sequence[Example], sequences: Sequence[Encoded]) -> None:
        """Note each row's prompt and label, if its sequence is these and nothing else."""
        chat = self._chat_model.chat
        numbers = {label: number for number, label in enumerate(self.task.labels)}
        answers = [list(chat.answer(self.wording.words(label))) for label in self.task.labels]
        for row, sequence in zip(rows, sequences, strict=True):
            prompt, label = self.prompt(row.question), numbers.get(row.target or "")
            if label is None or self._wanted.setdefault(prompt, label) != label:
                break
            ids = [*chat.prompt(prompt)[0], *answers[label]]
            learnt = ((len(ids) - len(answers[label]), len(ids)),)
            if list(sequence.ids) != ids or sequence.learnt != learnt or sequence.beside:
                break
            self._order.append(prompt)
        else:
            return
        self._wanted, self._order = {}, []

    @property
    def tells_loss(self) -> bool:
        """Whether `nats` will be known."""
        return bool(self._order)

    def nats(self) -> list[float]:
        """Of each row, the loss of its tokens together, as it was asked since this was last called;
        empty where some rows were not."""
        known, self._known = self._known, {}
        there = all(prompt in known for prompt in self._order)
        return [known[prompt] for prompt in self._order] if there else []

    def scores(self, prompts: Sequence[Messages], tell: Tell | None = None) -> np.ndarray:
        import numpy as np

        options = [self.wording.words(label) for label in self.task.labels]
        how = {"left": 1.0} if self._rough else {}
        wanted = [self._wanted.get(prompt) for prompt in prompts]
        with np.errstate(invalid="ignore"):  # a loss that is no number ends the training
            found = self._chat_model.score(
                prompts, options, rounded=True, follow=wanted, tell=tell, **how
            )
        for prompt, label, values in zip(prompts, wanted, found, strict=True):
            if label is not None:
                self._known[prompt] = -float(values[label])
        return found
