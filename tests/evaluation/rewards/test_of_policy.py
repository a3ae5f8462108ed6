"""The share of a policy's rules that an answer keeps, as a reward."""

from dataclasses import replace

import pytest

from assay.config import make_part
from assay.core.errors import TrainError
from assay.core.types import Answer, Example, Message, Task
from assay.runtime.arms.cache_keys import reads_policy
from assay.strategies.mixes.best_of_n import BestOfN
from assay.strategies.prompting.few_shot import Shots
from helpers.problems import problem

POLICY = """
## Short
Few words.
```yaml check
max_words: 3
```
## Calm
No marks.
```yaml check
lacks: '!'
```
## Warm
For people.
"""


def scorer(lesson, policy):
    given = lesson("answer")
    return make_part({"kind": "policy"}, {}).fit(replace(given, task=Task(policy=policy)))


def test_it_is_the_share_of_the_rules_that_a_program_can_check(lesson):
    texts = ("All is well", "All is well!", "All is well with all of us!")
    row = Example("a", (Message("user", "How is it?"),))
    found = scorer(lesson, POLICY).score([row] * 3, [Answer(None, raw=text) for text in texts])
    assert found == [1, 0.5, 0]


@pytest.mark.parametrize("policy", ["", "## Warm\nFor people.\n"])
def test_without_such_a_rule_it_is_refused(lesson, policy):
    with problem(TrainError, "T112", "", "rules that a program can check"):
        scorer(lesson, policy)


def test_a_policy_is_part_of_the_key_of_what_is_rewarded_by_it():
    task = Task(kind="answer", policy=POLICY)
    part = make_part({"kind": "policy"}, {})
    assert reads_policy(BestOfN(inner=Shots(k=0), reward=(part,)), task)
    other = make_part({"kind": "length", "words": 5}, {})
    assert not reads_policy(BestOfN(inner=Shots(k=0), reward=(other,)), task)
