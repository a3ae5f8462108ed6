"""Work on several strategies at once: who waits for whom, and what is told."""

from dataclasses import replace
from threading import Barrier

from assay.runtime.arms.at_once import SeveralTold, each_of, lines_of
from assay.runtime.arms.contestant import Contestant
from assay.runtime.arms.process import Servers
from helpers.small_projects import bench_of_project, load_project


def contestants(bench):
    return [Contestant(name, one) for name, one in bench.project.arms.items()]


def test_as_many_work_at_once_as_the_servers_take(tmp_path):
    bench, _ = bench_of_project(load_project(tmp_path / "project"))
    some, seen = contestants(bench), []
    with each_of(bench, bench.project.arms) as each:  # one after another
        each(lambda one, own: seen.append((one.name, own is bench)), some)
    assert seen == [(one.name, True) for one in some]
    meet = Barrier(len(some))
    with Servers(at_once=len(some)) as servers:
        at_once = replace(bench, servers=servers)
        with each_of(at_once, bench.project.arms) as each:
            each(
                lambda one, own: meet.wait(20) and None, some
            )  # breaks where one waits for another
            each(lambda one, own: None, [])


def test_warnings_come_in_the_order_of_the_strategies_whoever_is_first():
    heard = []
    several = SeveralTold(heard.append, ["a", "b"])
    several.listener("b")({"event": "warning", "text": "of b"})
    several.listener("b")({"event": "progress"})
    several.listener("a")({"event": "warning", "text": "of a"})
    assert heard == [{"event": "progress"}]
    several.tell_warnings()
    assert [event["text"] for event in heard[1:]] == ["of a", "of b"]


def test_what_asks_behind_an_address_waits_in_one_line(tmp_path):
    arms = "compare: [{kind: shots, k: 0}, {kind: majority}, {kind: shots, k: 2}]\n"
    bench, _ = bench_of_project(load_project(tmp_path / "project", arms=arms))
    bench = replace(bench, models={"nowhere": {"remote": {}}})  # the base of the project
    some = [Contestant(name, one) for name, one in bench.project.arms.items()]
    lines = [[one.name for one in line] for line in lines_of(bench, some)]
    assert lines == [["majority"], ["zero-shot", "few-shot-2"]]
    bench = replace(bench, models={"nowhere": {"folder": "/m"}})
    assert len(lines_of(bench, some)) == 3
