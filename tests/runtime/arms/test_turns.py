"""Strategies at once: the outcomes of taking turns; one that breaks ends the others."""

from dataclasses import replace

import pytest

from assay.core.errors import Problem, Stopped, UsageError
from assay.runtime.arms.process import Servers
from assay.runtime.arms.turns import take_turns
from helpers.small_projects import bench_of_project, load_project

ARMS = "compare: [{kind: majority}, {kind: copy}, {kind: ngram}]\n"


@pytest.fixture
def bench(tmp_path):
    bench, exam = bench_of_project(load_project(tmp_path / "project", arms=ARMS))
    with Servers(at_once=3) as servers:
        yield replace(bench, servers=servers), exam


@pytest.mark.slow
def test_at_once_they_end_as_they_would_one_after_another(bench, tmp_path):
    bench, exam = bench
    alone, _ = bench_of_project(load_project(tmp_path / "alone", arms=ARMS))
    looks, arms = [], bench.project.arms
    found = take_turns(bench, arms, exam, lambda: looks.append(1) or 1, None)
    in_line = take_turns(alone, arms, exam, lambda: 1, None)
    assert [one.name for one in in_line] == [*arms] and len(looks) == 3
    answers = [
        {one.name: [record.answer.text for record in one.records] for one in some}
        for some in (found, in_line)
    ]
    assert answers[0] == answers[1] and {one.status for one in found} == {"done"}


@pytest.mark.slow
def test_the_first_error_ends_the_others_and_is_what_is_raised(bench):
    bench, exam = bench

    def tell(event):
        if event.get("event") == "stage" and event["name"] == "copy":
            raise UsageError(Problem("C073", "broken"))

    with pytest.raises(UsageError):
        take_turns(replace(bench, tell=tell), bench.project.arms, exam, lambda: 1, None)
    with pytest.raises(Stopped), bench.servers.hold(None):
        pass
