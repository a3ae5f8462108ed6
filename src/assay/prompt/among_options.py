"""Floors for questions with options: which option, by its words or by its vector, without a language model.

`OptionWords`    a linear model over the options' words and what they share with the question. It knows no fact: what it
                 gains over chance are marks that right options have, such as length, and these an arm must beat too
`OptionVectors`  the option that is nearest in meaning to the right options of the most similar training questions
Source           answers that can be told without the question: Gururangan et al. (2018), Annotation Artifacts in
                 Natural Language Inference Data, aclanthology.org/N18-2017; shared words: the baseline of Richardson et
                 al. (2013), MCTest, aclanthology.org/D13-1020
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.aim.options import LETTERS
from assay.nouns import Adapted, Answer, Example, Means, Task, Tell
from assay.prompt.prompted import NEVER, chosen
from assay.store import read_json, write_json, write_tensors

if TYPE_CHECKING:
    import numpy as np

Embed = Callable[[Sequence[str], Means], "np.ndarray"]


def asked_of(example: Example) -> str:
    """The question without the lines of its options."""
    lines = example.text.split("\n")
    return "\n".join(lines[: len(lines) - len(example.options)] or lines)


def right_options(examples: Sequence[Example]) -> list[str]:
    """The texts of the options that are right."""
    return [example.options[LETTERS.index(example.target or "A")] for example in examples]


def answered(task: Task, question: Example, scores: Sequence[float]) -> Answer:
    """The option with the highest log score, as a letter of the task's."""
    import numpy as np

    row = np.full(len(task.labels), NEVER)
    row[: len(scores)] = scores
    return chosen(task.labels, row)


class OptionWords(Adapted):
    """Fitted by `of` on (option, is it right) pairs, so a row with four options is four rows here."""

    def __init__(self, words: Any, weights: np.ndarray, bias: float, task: Task):
        self.words = words  # a fitted TfidfVectorizer
        self.weights = weights  # (vocabulary + 4,)
        self.bias = bias
        self.task = task

    @classmethod
    def of(cls, words: Any, train: Sequence[Example], c: float, seed: int, task: Task) -> OptionWords:
        """`words`: a TfidfVectorizer that is not fitted yet."""
        import numpy as np
        from sklearn.linear_model import LogisticRegression

        words.fit([*(asked_of(row) for row in train), *(option for row in train for option in row.options)])
        features = _pairs(words, train)
        is_right = [letter == row.target for row in train for letter, _ in zip(LETTERS, row.options, strict=False)]
        if len(set(is_right)) < 2:
            return cls(words, np.zeros(features.shape[1]), 0.0, task)
        model: Any = LogisticRegression(C=c, max_iter=1000, random_state=seed).fit(features, is_right)
        return cls(words, model.coef_[0], float(model.intercept_[0]), task)

    def answer(self, questions: Sequence[Example], tell: Tell | None = None) -> list[Answer]:
        if not questions:
            return []
        values = _pairs(self.words, questions) @ self.weights + self.bias
        found, at = [], 0
        for question in questions:
            found.append(answered(self.task, question, values[at : at + len(question.options)].tolist()))
            at += len(question.options)
        return found

    def save(self, folder: Path) -> None:
        write_tensors(folder / "tfidf.safetensors", {"idf": self.words.idf_, "weights": self.weights})
        vocabulary = {word: int(column) for word, column in self.words.vocabulary_.items()}
        write_json(folder / "tfidf.json", {"vocabulary": vocabulary, "bias": self.bias})


def _pairs(words: Any, rows: Sequence[Example]) -> Any:
    """(options of all rows, vocabulary + 4): the option's words; its cosine with the question; its length in words, as
    a share of the longest option's; whether it is the longest; its mean cosine with the other options."""
    import numpy as np
    from scipy.sparse import csr_matrix, hstack

    options = words.transform([option for row in rows for option in row.options])
    counts = [len(row.options) for row in rows]
    asked = words.transform([asked_of(row) for row in rows])[np.repeat(np.arange(len(rows)), counts)]
    extra = np.zeros((options.shape[0], 4))
    extra[:, 0] = np.asarray(options.multiply(asked).sum(1)).ravel()
    at = 0
    for row, count in zip(rows, counts, strict=True):
        lengths = np.array([len(option.split()) for option in row.options], dtype=float)
        extra[at : at + count, 1] = lengths / max(1.0, lengths.max())
        extra[at : at + count, 2] = (lengths == lengths.max()) / max(1, (lengths == lengths.max()).sum())
        own = (options[at : at + count] @ options[at : at + count].T).toarray()
        extra[at : at + count, 3] = (own.sum(1) - own.diagonal()) / (count - 1)
        at += count
    return hstack([options, csr_matrix(extra)]).tocsr()


class OptionVectors(Adapted):
    """The k training questions that are nearest speak for the options that are like their right ones."""

    def __init__(self, asked: np.ndarray, right: np.ndarray, k: int, task: Task, means: Means, embed: Embed):
        self.asked = asked  # (training rows, width), rows of length 1
        self.right = right  # the same of their right options
        self.k = min(k, len(asked))
        self.task = task
        self.means = means
        self.embed = embed

    @classmethod
    def of(cls, train: Sequence[Example], k: int, task: Task, means: Means, embed: Embed) -> OptionVectors:
        asked = embed([asked_of(row) for row in train], means)
        return cls(asked, embed(right_options(train), means), k, task, means, embed)

    @classmethod
    def restored(cls, folder: Path, k: int, task: Task, means: Means, embed: Embed) -> OptionVectors:
        from safetensors.numpy import load_file

        saved = load_file(folder / "neighbours.safetensors")
        return cls(saved["asked"], saved["right"], k, task, means, embed)

    def answer(self, questions: Sequence[Example], tell: Tell | None = None) -> list[Answer]:
        import numpy as np

        if not questions:
            return []
        near = self.embed([asked_of(question) for question in questions], self.means) @ self.asked.T
        options = self.embed([option for question in questions for option in question.options], self.means)
        found, at = [], 0
        for question, row in zip(questions, near, strict=True):
            nearest = np.argsort(-row.round(5), kind="stable")[: self.k]
            weights = row[nearest].clip(1e-6)
            alike = options[at : at + len(question.options)] @ self.right[nearest].T  # (options, k)
            shares = (alike @ (weights / weights.sum())).clip(1e-6)
            found.append(answered(self.task, question, np.log(shares / shares.sum()).tolist()))
            at += len(question.options)
        return found

    def save(self, folder: Path) -> None:
        write_tensors(folder / "neighbours.safetensors", {"asked": self.asked, "right": self.right})


def restored_words(folder: Path, words: Any, task: Task) -> OptionWords:
    """What `OptionWords.save` wrote. `words`: a TfidfVectorizer with the saved vocabulary's settings."""
    from safetensors.numpy import load_file

    arrays = load_file(folder / "tfidf.safetensors")
    words.idf_ = arrays["idf"]
    return OptionWords(words, arrays["weights"], read_json(folder / "tfidf.json")["bias"], task)
