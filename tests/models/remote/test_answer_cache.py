import json
import threading

import pytest

from assay.core.answers import Decoding
from assay.models.remote.answer_cache import RemoteCache, request_key
from assay.models.remote.endpoint import Endpoint
from helpers.remote_models import ask, texts


@pytest.mark.parametrize(
    "change", [{"max_tokens": 9}, {"how": Decoding(stop=("x",))}, {"how": Decoding(seed=1)}]
)
def test_another_request_has_another_key(service, opened, change):
    texts(opened(), "q", max_tokens=8)
    texts(opened(), "q", **{"max_tokens": 8, **change})
    assert len(service.asked) == 2


def test_a_torn_line_is_asked_again_and_the_others_are_not(service, opened, tmp_path):
    texts(opened(concurrency=1), "a", "b", "c")
    (file,) = (tmp_path / "remote").iterdir()
    file.write_bytes(file.read_bytes()[:-20])
    assert texts(opened(), "a", "b", "c") == ["A", "B", "C"]
    assert [body["messages"][-1]["content"] for body in service.asked[3:]] == ["c"]


def test_the_served_names_and_days_are_known(opened):
    model = opened()
    texts(model, "a", "b")
    ((name, days),) = model.cache.model_names().items()
    assert name == "served-2026-01-01" and len(days[0]) == 10


def test_without_a_folder_answers_are_kept_in_memory(service, opened):
    model = opened(folder=None)
    assert texts(model, "a") == texts(model, "a") == ["A"] and len(service.asked) == 1


def test_two_writers_tear_no_line(tmp_path):
    endpoint = Endpoint(url="https://host/v1", model="m")
    caches = [RemoteCache(tmp_path, endpoint) for _ in range(2)]
    row = {"text": "x" * 2000, "served": "m", "at": "2026-01-01"}

    def write(cache, start):
        for i in range(50):
            cache.add(f"{start}-{i}", row)

    threads = [threading.Thread(target=write, args=(cache, i)) for i, cache in enumerate(caches)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = (tmp_path / f"{endpoint.digest[:20]}.jsonl").read_text().splitlines()
    assert (
        len({json.loads(line)["key"] for line in lines})
        == 100
        == len(RemoteCache(tmp_path, endpoint))
    )


def test_a_key_depends_on_all_that_decides_an_answer():
    def endpoint(**more):
        return Endpoint(**{"url": "https://host/v1", "model": "m", **more})

    plain = request_key(endpoint(), ask("q"), 8, Decoding(), 0)
    others = [
        request_key(endpoint(model="n"), ask("q"), 8, Decoding(), 0),
        request_key(endpoint(url="https://host/v2"), ask("q"), 8, Decoding(), 0),
        request_key(endpoint(), ask("r"), 8, Decoding(), 0),
        request_key(endpoint(), ask("q")[1:], 8, Decoding(), 0),
        request_key(endpoint(), ask("q"), 9, Decoding(), 0),
        request_key(endpoint(), ask("q"), 8, Decoding(seed=1), 0),
        request_key(endpoint(), ask("q"), 8, Decoding(), 1),
    ]
    assert len({plain, *others}) == 1 + len(others)
    # How fast and how patiently it is asked decides nothing.
    patient = endpoint(timeout=9.0, concurrency=2, requests_per_minute=5)
    assert request_key(patient, ask("q"), 8, Decoding(), 0) == plain
