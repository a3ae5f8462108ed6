"""Answer with the sentences that a linear model, trained on your rows, expects to score best.

What it is for   the strongest cheap contestant for summaries: it learns where and in which words
                 the gist stands
Costs            no language model; seconds of training, milliseconds an answer
Source           sentences by a classifier of such features: Kupiec, Pedersen and Chen (1995), A
                 Trainable Document Summarizer, doi.org/10.1145/215206.215333; each sentence's own
                 score as its target: Nallapati et al. (2017), SummaRuNNer,
                 arxiv.org/abs/1611.04230, section 3.3; ridge regression: Hoerl and Kennard (1970),
                 doi.org/10.1080/00401706.1970.10488634
Good when        a summary can be made of sentences of the text; fifty rows or more
Watch out        it says nothing in other words, and picks each sentence by itself: two may say the
                 same
Defaults from    alpha and the number of sentences: folds of train, by the task's metric
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from assay.core.errors import Problem, TrainError
from assay.core.preconditions import need_rows
from assay.core.store import read_json, write_json, write_tensors
from assay.core.types import Adapted, Answer, Example, Lesson, Strategy, Task, Tell
from assay.core.words import MARKS, RUN, UNSPACED, count_words, glue
from assay.strategies.linear.word_ranking import WordOrder
from assay.strategies.prompting.example_selection import sample_rows
from assay.strategies.text.sentence_graph import centrality, from_the_start, word_vectors
from assay.strategies.text.sentences import split_sentences
from assay.strategies.unfit_task import FROM_TEXT, other_kind

if TYPE_CHECKING:
    import numpy as np

COUNTS = (1, 2, 3, 4, 6, 8, 12)  # sentences that are tried
ALPHAS = (1.0, 3.0, 10.0, 30.0)
FOLDS = 5
ROWS = 1000  # of train at most, whose sentences are scored one by one
LONGEST = 150  # sentences of a training text that are looked at
COLUMNS = 14


class Extractive(Strategy):
    kind: Literal["extractive"] = "extractive"
    baseline, gives = True, "no model"
    sentences: Annotated[int, Field(ge=1, le=50)] | Literal["train"] = "train"
    sklearn = True
    judges = True
    libraries = ("numpy", "scikit-learn", "scipy", "snowballstemmer")

    def unfit(self, task: Task) -> Iterable[Problem]:
        return other_kind(self, task, FROM_TEXT, "answers with sentences of the text")

    def fit(self, lesson: Lesson) -> Picked:
        from sklearn.linear_model import Ridge

        need_rows("extractive", lesson)
        rows = [
            row
            for row in sample_rows(lesson.train, ROWS, lesson.seed)
            if split_sentences(row.messages[-1].content)
        ]
        texts = [split_sentences(row.messages[-1].content)[:LONGEST] for row in rows]
        every = [text for own in texts for text in own]
        words = word_counts()
        if not any(map(words.build_analyzer(), every)):
            text = "extractive: no training text has a sentence with a word in it"
            raise TrainError(Problem("T002", text, help="choose another strategy"))
        order = WordOrder.over(every)
        try:
            words.fit(every)
        except ValueError:  # no run of words stands in two of the sentences
            words.set_params(min_df=1).fit(every)
        matrix = columns(words, order, texts)
        worth = _worth(rows, texts, lesson)
        alpha, sentences = self._select_hyperparameters(rows, texts, matrix, worth, lesson)
        model = Ridge(alpha=alpha).fit(matrix, worth)
        return Picked(words, order, model.coef_, float(model.intercept_), sentences)

    def _select_hyperparameters(
        self,
        rows: Sequence[Example],
        texts: Sequence[Sequence[str]],
        matrix: Any,
        worth: np.ndarray,
        lesson: Lesson,
    ) -> tuple[float, int]:
        """(alpha, number of sentences) that score best on folds of the rows; the first ones where
        rows are too few."""
        import numpy as np
        from sklearn.linear_model import Ridge
        from sklearn.model_selection import GroupKFold

        counts = COUNTS if self.sentences == "train" else (self.sentences,)
        folds = min(FOLDS, len(rows))
        if folds < 2:
            return ALPHAS[-1], counts[0]
        owner = np.repeat(np.arange(len(rows)), [len(own) for own in texts])
        best, chosen = -np.inf, (ALPHAS[-1], counts[0])
        for alpha in ALPHAS:
            scores = np.zeros(len(owner))
            for known, asked in GroupKFold(folds).split(matrix, groups=owner):
                scores[asked] = (
                    Ridge(alpha=alpha).fit(matrix[known], worth[known]).predict(matrix[asked])
                )
            own = np.split(scores, np.cumsum([len(one) for one in texts])[:-1])
            for count in counts:
                answers = [
                    pick_sentences(text, score.tolist(), count)
                    for text, score in zip(texts, own, strict=True)
                ]
                value = lesson.judge(rows, answers)
                if value > best:
                    best, chosen = value, (alpha, count)
        return chosen

    def restore(self, folder: Path, lesson: Lesson) -> Picked:
        from safetensors.numpy import load_file

        saved, arrays = (
            read_json(folder / "extractive.json"),
            load_file(folder / "extractive.safetensors"),
        )
        words = word_counts(saved["vocabulary"])
        words.idf_ = arrays["idf"]
        return Picked(
            words, WordOrder.load(folder), arrays["weights"], saved["bias"], saved["sentences"]
        )


class Picked(Adapted):
    """`weights` (vocabulary + COLUMNS,) of a sentence's columns."""

    def __init__(
        self, words: Any, order: WordOrder, weights: np.ndarray, bias: float, sentences: int
    ):
        self.words, self.order, self.weights, self.bias, self.sentences = (
            words,
            order,
            weights,
            bias,
            sentences,
        )

    def answer(self, questions: Sequence[Example], tell: Tell | None = None) -> list[Answer]:
        texts = [split_sentences(question.messages[-1].content) for question in questions]
        return [pick_sentences(own, self._scores(own), self.sentences) for own in texts]

    def _scores(self, texts: Sequence[str]) -> Sequence[float]:
        return (
            (columns(self.words, self.order, [texts]) @ self.weights + self.bias).tolist()
            if texts
            else ()
        )

    def save(self, folder: Path) -> None:
        self.order.save(folder)
        write_tensors(
            folder / "extractive.safetensors", {"idf": self.words.idf_, "weights": self.weights}
        )
        vocabulary = {word: int(column) for word, column in self.words.vocabulary_.items()}
        own = {"vocabulary": vocabulary, "bias": self.bias, "sentences": self.sentences}
        write_json(folder / "extractive.json", own)


def pick_sentences(texts: Sequence[str], scores: Sequence[float], sentences: int) -> Answer:
    """The best sentences in the order of the text; of equals the first."""
    order = sorted(range(len(texts)), key=lambda place: (-round(float(scores[place]), 6), place))
    text = glue(texts[place] for place in sorted(order[:sentences]))
    return Answer(text, raw=text)


def word_counts(vocabulary: dict[str, int] | None = None) -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(
        token_pattern=rf"[{UNSPACED}]|(?=.[\w{MARKS}]){RUN}",
        ngram_range=(1, 2),
        min_df=2 if vocabulary is None else 1,
        sublinear_tf=True,
        vocabulary=vocabulary,
    )


def columns(words: Any, order: WordOrder, texts: Sequence[Sequence[str]]) -> Any:
    """(sentences of all texts, vocabulary + COLUMNS), sparse."""
    import numpy as np
    from scipy.sparse import csr_matrix, hstack

    own = np.concatenate([_columns(order, one) for one in texts])
    return hstack(
        [words.transform([text for one in texts for text in one]), csr_matrix(own)]
    ).tocsr()


def _columns(order: WordOrder, texts: Sequence[str]) -> np.ndarray:
    """(sentences, COLUMNS) of one text: place, length, marks, how central, how like the whole and
    the first one."""
    import numpy as np

    n = len(texts)
    place = np.arange(n)
    vectors = word_vectors(order, texts)
    alike = vectors @ vectors.T
    whole = vectors.sum(0)
    whole /= np.linalg.norm(whole) or 1.0
    middle = centrality(alike.clip(min=0), from_the_start(n, 0.0)) * n
    length = np.array([count_words(text) for text in texts], dtype=float)
    return np.stack(
        [
            *(
                place == 0,
                place == 1,
                place == n - 1,
                1 / (place + 1),
                1 / (n - place),
                place / max(1, n - 1),
            ),
            *(np.log(length + 1), length / max(1.0, length.max()), length < 6, np.full(n, 1 / n)),
            *(
                middle,
                vectors @ whole,
                alike[0],
                [any(c.isdigit() for c in text) for text in texts],
            ),
        ],
        axis=1,
    ).astype(np.float64)


def _worth(rows: Sequence[Example], texts: Sequence[Sequence[str]], lesson: Lesson) -> np.ndarray:
    """The task's own metric of each sentence as the answer, (sentences of all texts,)."""
    import numpy as np

    return np.array(
        [
            lesson.judge([row], [Answer(text, raw=text)])
            for row, own in zip(rows, texts, strict=True)
            for text in own
        ]
    )
