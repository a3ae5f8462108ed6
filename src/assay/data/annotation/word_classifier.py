"""Word weights and a linear model: what judges labels and rows when no language model is at hand.

Source        Salton and Buckley (1988), doi.org/10.1016/0306-4573(88)90021-0, with scikit-learn's
              logistic regression
Defaults      words and pairs of words, sublinear counts, C = 10: those of the arm tfidf. Pairs that
              stand in one row only are left out, since no other row can learn from them; for a text
              without any of it, all is alike
Costs         see confident_learning.py and active_learning.py
"""

from collections.abc import Sequence
from typing import Any

from assay.core.words import WORD

C = 10.0
ACCURACY = 1e-3  # of the optimiser: ranks of rows do not change below it


def vectors(texts: Sequence[str]) -> Any:
    """Sparse rows of length 1, (texts, words)."""
    from scipy.sparse import csr_matrix
    from sklearn.feature_extraction.text import TfidfVectorizer

    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=WORD.pattern)
    analyse = words.build_analyzer()
    if not any(analyse(text) for text in texts):
        return csr_matrix((len(texts), 1))
    found: Any = words.fit_transform(texts)
    rows = found.getnnz(axis=0)
    useful = (rows > 1).nonzero()[0]
    return found[:, useful] if len(useful) else csr_matrix((len(texts), 1))


def fit(matrix: Any, labels: Sequence[str], seed: int) -> Any:
    """A model with `classes_` and `predict_proba`; the labels need two different ones at least."""
    import warnings

    from sklearn.linear_model import LogisticRegression

    with warnings.catch_warnings():
        # The first rows of many labels have each label once, which scikit-learn takes for numbers.
        warnings.filterwarnings("ignore", message="The number of unique classes")
        return LogisticRegression(C=C, tol=ACCURACY, max_iter=300, random_state=seed).fit(
            matrix, list(labels)
        )
