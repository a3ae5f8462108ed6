"""Larger bases: their figures are those of the same shapes and of assay's own estimate."""

from assay.models.base_sizes import BASE_WEIGHTS, LARGER, size_words


def weights_of(vocabulary, hidden, layers, middle, keys, *, biases):
    """Of a Llama or Qwen 2 decoder with tied embeddings, counted from its config."""
    attention = 2 * hidden * hidden + 2 * hidden * keys + biases * (hidden + 2 * keys)
    return vocabulary * hidden + layers * (attention + 3 * hidden * middle + 2 * hidden) + hidden


def test_weights_are_those_of_the_published_configs():
    assert weights_of(49_152, 576, 30, 1_536, 192, biases=False) == BASE_WEIGHTS
    small, large = LARGER
    assert weights_of(151_936, 896, 24, 4_864, 128, biases=True) == small.weights
    assert weights_of(151_936, 1_536, 28, 8_960, 256, biases=True) == large.weights


def test_time_grows_with_the_weights():
    assert [round(one.times_as_long()) for one in LARGER] == [4, 11]
    assert LARGER[1].times_as_long(LARGER[0].weights) == LARGER[1].weights / LARGER[0].weights


def test_sizes_in_words():
    assert [size_words(one.weights) for one in LARGER] == ["0.5B", "1.5B"]
    assert (size_words(BASE_WEIGHTS), size_words(120_000)) == ("135M", "120,000")
