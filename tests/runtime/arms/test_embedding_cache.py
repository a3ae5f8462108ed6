"""A call of the encoder is computed once a project, and costs whoever takes it over the same."""

import numpy as np
import pytest

from assay.runtime.arms.embedding_cache import LEAST, EmbeddingCache
from assay.runtime.costs.usage import Spent

TEXTS = [f"row {n}" for n in range(LEAST)]


class Encoder:
    """Vectors that say how often it was asked, so that nothing computed anew looks kept."""

    def __init__(self):
        self.calls = 0

    def __call__(self, texts):
        self.calls += 1
        return np.full((len(texts), 3), self.calls, dtype=np.float32)


def test_the_same_texts_are_read_once_also_by_another_process(tmp_path):
    encoder = Encoder()
    first = EmbeddingCache(encoder, tmp_path)(TEXTS)
    again = EmbeddingCache(encoder, tmp_path)
    assert again(list(TEXTS)).tobytes() == first.tobytes()
    assert encoder.calls == 1


@pytest.mark.parametrize("texts", [TEXTS[::-1], [*TEXTS, "one more"], [*TEXTS[1:], "another"]])
def test_other_texts_or_another_order_are_another_call(tmp_path, texts):
    # rounding depends on the texts beside: only the very call has the very vectors
    encoder = Encoder()
    cache = EmbeddingCache(encoder, tmp_path)
    cache(TEXTS)
    assert cache(texts)[0, 0] == 2


def test_a_few_texts_are_computed_each_time_and_leave_nothing(tmp_path):
    encoder = Encoder()
    cache = EmbeddingCache(encoder, tmp_path / "vectors")
    for _ in range(2):
        cache(TEXTS[: LEAST - 1])
    assert encoder.calls == 2
    assert not (tmp_path / "vectors").exists()


def test_a_damaged_file_is_said_and_computed_again(tmp_path):
    encoder, heard = Encoder(), []
    EmbeddingCache(encoder, tmp_path)(TEXTS)
    (file,) = tmp_path.glob("*.safetensors")
    file.write_bytes(file.read_bytes()[:-1] + b"\x01")
    cache = EmbeddingCache(encoder, tmp_path, heard.append)
    assert cache(TEXTS)[0, 0] == 2
    assert cache.replayed == 0.0
    assert len(heard) == 1
    assert EmbeddingCache(encoder, tmp_path)(TEXTS)[0, 0] == 2  # and kept


def test_what_is_taken_over_costs_as_if_it_were_computed(tmp_path, monkeypatch):
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])

    def slow(texts):
        now[0] += 7.0
        return np.zeros((len(texts), 3), dtype=np.float32)

    EmbeddingCache(slow, tmp_path)(TEXTS)
    cache = EmbeddingCache(slow, tmp_path)
    spent = Spent(tmp_path, lambda: cache.replayed)
    cache(TEXTS)
    now[0] += 1.0
    assert now[0] == 8.0  # nothing was computed
    assert spent.now == pytest.approx(8.0)  # 7 taken over, 1 of its own
