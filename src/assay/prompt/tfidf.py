"""Word weights and a linear model: TF-IDF with logistic regression; for free answers, the closest question's answer.

What it is for   the floor that a language model must beat to be worth its cost
Costs            no language model; seconds of training
Source           Salton and Buckley (1988), Term-weighting approaches in automatic text retrieval,
                 doi.org/10.1016/0306-4573(88)90021-0
Several labels   a model and a threshold for each: several.py. Options: a model over their words: among_options.py.
                 Candidates: BM25, ranked.py
Good when        labels are told apart by words; thousands of short rows
Watch out        it knows no synonyms and no word order beyond pairs
Defaults from    scikit-learn's, but for sublinear counts and word pairs, which are usual for short texts
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from assay.errors import Problem, TrainError
from assay.nouns import Adapted, Answer, Example, Lesson, Strategy, Task, Tell
from assay.prompt import several
from assay.prompt.among_options import OptionWords, restored_words
from assay.prompt.majority import need_rows
from assay.prompt.prompted import chosen
from assay.prompt.ranked import WordOrder
from assay.store import read_json, write_json, write_tensors


class Tfidf(Strategy):
    kind: Literal["tfidf"] = "tfidf"
    sklearn = True
    libraries = ("numpy", "scikit-learn", "scipy")
    ngrams: int = Field(default=2, ge=1, le=5)
    c: float = Field(default=10.0, gt=0, le=1e6)  # inverse strength of the L2 penalty

    def fit(self, lesson: Lesson) -> Adapted:
        from sklearn.linear_model import LogisticRegression

        need_rows("tfidf", lesson)
        if lesson.task.kind == "rank":
            return WordOrder.of(lesson.train)
        words = self._words()
        texts = [example.text for example in lesson.train]
        split = words.build_analyzer()
        if not any(split(text) for text in texts):
            raise TrainError(Problem("T002", "tfidf: no training text has a word in it", help="choose another arm"))
        if lesson.task.kind == "choose":
            return OptionWords.of(words, lesson.train, self.c, lesson.seed, lesson.task)
        matrix = words.fit_transform(texts)
        targets = [example.target or "" for example in lesson.train]
        if lesson.task.kind == "multilabel":
            wanted = several.indicator(targets, lesson.task)
            model = several.fitted(matrix, wanted, self.c, lesson.seed)
            return TfidfSets(words, *model, several.thresholds(matrix, wanted, self.c, lesson.seed), lesson.task)
        model = None
        if lesson.task.kind == "classify" and len(set(targets)) > 1:
            model = LogisticRegression(C=self.c, max_iter=1000, random_state=lesson.seed).fit(matrix, targets)
        return TfidfAnswers(words, model, matrix, targets, lesson.task.labels)

    def restore(self, folder: Path, lesson: Lesson) -> Adapted:
        import numpy as np
        from safetensors.numpy import load_file
        from scipy.sparse import csr_matrix
        from sklearn.linear_model import LogisticRegression

        if lesson.task.kind == "rank":
            return WordOrder.restored(folder)
        saved = read_json(folder / "tfidf.json")
        arrays = load_file(folder / "tfidf.safetensors")
        words = self._words(vocabulary=saved["vocabulary"])
        if lesson.task.kind == "choose":
            return restored_words(folder, words, lesson.task)
        words.idf_ = arrays["idf"]
        if lesson.task.kind == "multilabel":
            return TfidfSets(words, arrays["weights"], arrays["biases"], arrays["cuts"], lesson.task)
        model = None
        if "coef" in arrays:
            model = LogisticRegression()
            model.coef_, model.intercept_ = arrays["coef"], arrays["intercept"]
            model.classes_ = np.array(saved["classes"], dtype=object)
        shape = (len(saved["targets"]), len(saved["vocabulary"]))
        matrix = csr_matrix((arrays["data"], arrays["indices"], arrays["indptr"]), shape=shape)
        return TfidfAnswers(words, model, matrix, saved["targets"], lesson.task.labels)

    def _words(self, vocabulary: dict[str, int] | None = None) -> Any:
        from sklearn.feature_extraction.text import TfidfVectorizer

        return TfidfVectorizer(
            ngram_range=(1, self.ngrams), sublinear_tf=True, token_pattern=r"(?u)\b\w+\b", vocabulary=vocabulary
        )


class TfidfSets(Adapted):
    """`weights` (labels, vocabulary), `biases` and `cuts` (labels,): see `several`."""

    def __init__(self, words: Any, weights: Any, biases: Any, cuts: Any, task: Task):
        self.words = words
        self.weights, self.biases, self.cuts = weights, biases, cuts
        self.task = task

    def answer(self, questions: Sequence[Example], tell: Tell | None = None) -> list[Answer]:
        if not questions:
            return []
        asked = self.words.transform([question.text for question in questions])
        return several.named(several.probabilities(asked, self.weights, self.biases), self.cuts, self.task)

    def save(self, folder: Path) -> None:
        arrays = {"idf": self.words.idf_, "weights": self.weights, "biases": self.biases, "cuts": self.cuts}
        write_tensors(folder / "tfidf.safetensors", arrays)
        vocabulary = {word: int(column) for word, column in self.words.vocabulary_.items()}
        cuts = dict(zip(self.task.labels, (round(float(cut), 4) for cut in self.cuts), strict=True))
        write_json(folder / "tfidf.json", {"vocabulary": vocabulary, "thresholds": cuts})


class TfidfAnswers(Adapted):
    def __init__(self, words: Any, model: Any, matrix: Any, targets: list[str], labels: tuple[str, ...]):
        self.words = words
        self.linear = model
        self.matrix = matrix  # (training rows, vocabulary), rows of length 1
        self.targets = targets
        self.labels = labels

    def answer(self, questions: Sequence[Example], tell: Tell | None = None) -> list[Answer]:
        import numpy as np

        if not questions:
            return []
        asked = self.words.transform([question.text for question in questions])
        if self.linear is None:
            similarity = (asked @ self.matrix.T).toarray()
            best = similarity.argmax(1)
            return [
                Answer(self.targets[i], raw=self.targets[i], confidence=round(float(row[i]), 4))
                for i, row in zip(best, similarity, strict=True)
            ]
        known = list(self.linear.classes_)
        logs = np.full((len(questions), len(self.labels)), -1e9)
        columns = [self.labels.index(label) for label in known]
        logs[:, columns] = self.linear.predict_log_proba(asked)
        return [chosen(self.labels, row) for row in logs]

    def save(self, folder: Path) -> None:
        arrays = {"idf": self.words.idf_}
        matrix = self.matrix.tocsr()
        arrays |= {"data": matrix.data, "indices": matrix.indices, "indptr": matrix.indptr}
        if self.linear is not None:
            arrays |= {"coef": self.linear.coef_, "intercept": self.linear.intercept_}
        write_tensors(folder / "tfidf.safetensors", arrays)
        vocabulary = {word: int(column) for word, column in self.words.vocabulary_.items()}
        classes = [] if self.linear is None else [str(c) for c in self.linear.classes_]
        write_json(folder / "tfidf.json", {"vocabulary": vocabulary, "classes": classes, "targets": self.targets})
