from assay.training.estimate.protocol import ask, find_request, part, read_rehearsals


def test_nothing_else_than_a_request_starts_one(build, tmp_path):
    inside = tmp_path / "reading" / "documents" / "training"
    inside.mkdir(parents=True)
    assert find_request(inside) is None
    ask(tmp_path)
    assert find_request(inside) == (tmp_path, {"done": 0, "memory": 0})
    assert find_request(inside / "deeper") is None  # three folders up and no further


def test_a_part_takes_so_many_times_what_it_took(tmp_path):
    ask(tmp_path)
    with part(tmp_path / "documents", "reading", 10):
        sum(range(100_000))
    (found,) = read_rehearsals(tmp_path)
    assert found["seconds"]["reading"] == [10 * each for each in found["inside"]]
    assert found["inside"][0] > 0 and found["looks"] == found["need"] == 0


def test_what_is_told_stands_in_its_order(tmp_path):
    assert read_rehearsals(tmp_path) == []
    ask(tmp_path, done=3, memory=5)
    for name in ("first", "second"):
        with part(tmp_path, name, 1):
            pass
    assert [list(one["seconds"]) for one in read_rehearsals(tmp_path)] == [["first"], ["second"]]
    assert find_request(tmp_path) == (tmp_path, {"done": 3, "memory": 5})
