"""An embedder of letters: near in spelling is near in meaning."""

from assay.retrieval.encoders import Encoding


def letters(texts):
    """texts -> float32 (texts, 64), rows of length 1: counts of hashed letter pairs."""
    import numpy as np

    out = np.zeros((len(texts), 64), dtype=np.float32)
    for row, text in zip(out, texts, strict=True):
        padded = f" {text.casefold()} "
        for first, second in zip(padded, padded[1:], strict=False):
            row[(ord(first) * 31 + ord(second)) % 64] += 1
        row /= np.linalg.norm(row)
    return out


class Letters(Encoding):
    """`letters` as an encoder."""

    name, digest, width = "letters", "letters", 64

    def vectors(self, texts, *, query=False, tell=None):
        import numpy as np

        return letters(texts) if texts else np.zeros((0, 64), dtype=np.float32)

    def save(self, folder):
        """There is nothing to keep."""
