"""What a search has chosen is what is asked and fitted again."""

from assay.config import make_strategy
from assay.core import store
from assay.runtime.arms.searched_strategy import resolve_search
from helpers.small_projects import bench_of_project, load_project

ARMS = "compare: [{kind: tfidf, c: {low: 0.1, high: 10, log: true}, name: searched}]\n"


def test_the_chosen_settings_once_their_own_fit_is_there(tmp_path):
    bench, _ = bench_of_project(load_project(tmp_path / "project", arms=ARMS))
    search = bench.project.arms["searched"]
    plain = make_strategy({"kind": "tfidf"}, {})
    assert resolve_search(bench, plain) is plain
    assert resolve_search(bench, search) is search  # not fitted yet
    place = bench.fit_stage(search).folder / "arm"
    place.mkdir(parents=True)
    store.write_json(place / "search.json", {"values": {"c": 2.5}})
    assert resolve_search(bench, search) is search  # its own fit is gone
    chosen = search.strategy_of({"c": 2.5})
    stage = bench.fit_stage(chosen)
    stage.open()
    stage.finish({})
    assert resolve_search(bench, search) == chosen
    assert chosen.c == 2.5
