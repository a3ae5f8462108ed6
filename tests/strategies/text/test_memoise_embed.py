import numpy as np

from assay.strategies.text.memoise_embed import memoise_embed


def test_a_text_is_embedded_once():
    asked = []

    def embed(texts):
        asked.extend(texts)
        return np.array([[float(len(text))] for text in texts])

    known = memoise_embed(embed)
    assert known(["a", "bb", "a"]).tolist() == [[1.0], [2.0], [1.0]]
    assert known(["bb", "ccc"]).tolist() == [[2.0], [3.0]]
    assert asked == ["a", "bb", "ccc"]
