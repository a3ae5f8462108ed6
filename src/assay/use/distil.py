"""Train a student of fewer layers on what a fitted arm, its teacher, says.

What it is for   an arm at a fraction of its teacher's time and size
Costs            the teacher's fit, then `epochs` over the rows with student and teacher in memory
Source           Hinton et al. (2015), arxiv.org/abs/1503.02531 (`level: logit`); Kim and Rush (2016), Sequence-Level
                 Knowledge Distillation, aclanthology.org/D16-1139 (`level: sequence`); a student made of the teacher's
                 own layers: Sanh et al. (2019), DistilBERT, arxiv.org/abs/1910.01108; which ones: Shleifer and Rush
                 (2020), arxiv.org/abs/2010.13002; by influence: Muralidharan et al. (2024), Minitron,
                 arxiv.org/abs/2407.14679
Good when        many questions a day; the teacher is good and slow
Watch out        a student knows the task and little else: it forgets more than its teacher. `level: logit` compares
                 token by token on the same prompt, so a teacher that is asked with examples teaches by its answers
                 (`level: sequence`)
Defaults from    half the layers at equal distances (DistilBERT); the temperature of its script for a task
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field, model_validator

from assay.errors import Problem, TrainError
from assay.nouns import Example, Lesson
from assay.prompt import Shots
from assay.prompt.majority import need_rows
from assay.use.shrink import Shrink, Shrunk, bare, nothing, trained_again

if TYPE_CHECKING:
    from assay.train.methods import Full


class Distil(Shrink):
    kind: Literal["distil"] = "distil"
    layers: Literal["half"] | Annotated[int, Field(ge=1, le=1000)] = "half"  # that the student has
    choose: Literal["even", "influence"] = "even"  # which of the teacher's it begins with
    level: Literal["logit", "sequence"] = "logit"  # the teacher's distribution at each token, or its answers
    temperature: float = Field(default=2.0, gt=0, le=100)  # of both distributions
    share: float = Field(default=0.5, gt=0, le=1)  # of the teacher in the loss; the rest is the row's own answer
    epochs: int = Field(default=5, ge=1, le=1000)
    learning_rate: float = Field(default=3e-4, gt=0, lt=1)
    batch_size: int = Field(default=16, ge=1, le=4096)
    patience: int = Field(default=2, ge=1)  # evaluations without a better val score before training ends
    max_length: int = Field(default=1024, ge=16, le=131072)  # tokens of a row
    does: ClassVar[str] = "a teacher that is copied"
    seeded = True
