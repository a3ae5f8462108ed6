"""Stems are counted as they stand, and come back from a file only to those that count alike."""

import numpy as np

from assay.retrieval.stemming import Stems
from assay.retrieval.term_counts import count_stems, read_counts, write_counts

TEXTS = ["Days off are days without pay", "", "the pay day"]


def of(counts, stem):
    texts, times = counts.of(stem)
    return dict(zip(texts.tolist(), times.tolist(), strict=True))


def test_each_stem_is_counted_text_by_text():
    counts = count_stems(TEXTS, Stems())
    assert of(counts, "day") == {0: 2, 2: 1} and of(counts, "pay") == {0: 1, 2: 1}
    assert of(counts, "off") == {0: 1} and of(counts, "zebra") == {}
    # `are` and `the` are among the commonest words: they are in no length either.
    assert counts.lengths.tolist() == [5, 0, 2]
    assert of(counts, "are") == {}


def test_counts_add_up_to_the_lengths():
    counts = count_stems(TEXTS, Stems("none"))
    sums = np.bincount(counts.texts, weights=counts.times, minlength=len(TEXTS))
    assert sums.tolist() == counts.lengths.tolist() == [6, 0, 3]


def test_counts_come_back_from_their_file(tmp_path):
    for number, texts in enumerate((TEXTS, [], ["", "the of"])):
        file, stems = tmp_path / f"{number}.safetensors", Stems()
        counts = count_stems(texts, stems)
        write_counts(file, counts, stems)
        again = read_counts(file, stems)
        assert again is not None and again.stems == counts.stems
        for name in ("starts", "texts", "times", "lengths"):
            assert np.array_equal(getattr(again, name), getattr(counts, name))


def test_counts_of_other_stems_are_not_read(tmp_path):
    file = tmp_path / "words.safetensors"
    write_counts(file, count_stems(TEXTS, Stems()), Stems())
    assert read_counts(file, Stems("german")) is None
    assert read_counts(tmp_path / "none.safetensors", Stems()) is None
