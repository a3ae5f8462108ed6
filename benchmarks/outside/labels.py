"""Recipes for one label or several, as a practitioner writes them. Settings are chosen by
cross-validation on train, or by the epoch that is best on val."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from typing import Any

from given import LONGEST, Given, encode, minilm, searched, texts_of

SCORING = {"accuracy": "accuracy", "macro_f1": "f1_macro", "micro_f1": "f1_micro"}
C = [1.0, 5.0, 25.0]


def words_and_characters() -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_union

    return make_union(
        TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True),
    )


def _fitted(
    given: Given, model: Any, grid: dict[str, list[Any]], features: Any = None
) -> tuple[list[str], list[str]]:
    """Fit on features (train, val, test), or on words and characters; several labels are one model
    each."""
    if features is None:
        union = words_and_characters().fit(texts_of(given.train))
        features = [
            union.transform(texts_of(rows)) for rows in (given.train, given.val, given.test)
        ]
    if given.kind == "multilabel":
        return _several(given, model, grid, features)
    y = [row["label"] for row in given.train]
    best = searched(model, grid, features[0], y, given, SCORING[given.metric])
    return [str(one) for one in best.predict(features[1])], [
        str(one) for one in best.predict(features[2])
    ]


def _several(
    given: Given, model: Any, grid: dict[str, list[Any]], features: Any
) -> tuple[list[str], list[str]]:
    from sklearn.model_selection import GridSearchCV
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.preprocessing import MultiLabelBinarizer

    binary = MultiLabelBinarizer(classes=given.labels)
    y = binary.fit_transform([row["labels"] for row in given.train])
    inner = {f"estimator__{name}": values for name, values in grid.items()}
    found = GridSearchCV(OneVsRestClassifier(model), inner, scoring="f1_micro", cv=3).fit(
        features[0], y
    )
    given.note.update(found.best_params_)
    sides = [found.predict(x) for x in features[1:]]
    return tuple(
        [" | ".join(some) or "none" for some in binary.inverse_transform(side)] for side in sides
    )  # type: ignore[return-value]


def _regression(given: Given) -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(
        max_iter=500, tol=1e-3, class_weight="balanced" if given.metric == "macro_f1" else None
    )


def words_characters_lr(given: Given) -> tuple[list[str], list[str]]:
    return _fitted(given, _regression(given), {"C": C})


def words_characters_svm(given: Given) -> tuple[list[str], list[str]]:
    from sklearn.svm import LinearSVC

    weight = "balanced" if given.metric == "macro_f1" else None
    return _fitted(given, LinearSVC(class_weight=weight), {"C": [0.1, 0.5, 2.5]})


def complement_nb(given: Given) -> tuple[list[str], list[str]]:
    from sklearn.naive_bayes import ComplementNB

    return _fitted(given, ComplementNB(), {"alpha": [0.03, 0.1, 0.3, 1.0]})


def _vectors(given: Given) -> list[Any]:
    parts = [texts_of(rows) for rows in (given.train, given.val, given.test)]
    vectors = encode([text for part in parts for text in part])
    ends = [len(parts[0]), len(parts[0]) + len(parts[1])]
    return [vectors[: ends[0]], vectors[ends[0] : ends[1]], vectors[ends[1] :]]


def vectors_lr(given: Given) -> tuple[list[str], list[str]]:
    return _fitted(given, _regression(given), {"C": C}, _vectors(given))


def vectors_words_lr(given: Given) -> tuple[list[str], list[str]]:
    """Sentence vectors beside words and characters, one linear model on both."""
    from scipy.sparse import csr_matrix, hstack

    union = words_and_characters().fit(texts_of(given.train))
    parts = zip(_vectors(given), (given.train, given.val, given.test), strict=True)
    features = [
        hstack([csr_matrix(dense), union.transform(texts_of(rows))]).tocsr()
        for dense, rows in parts
    ]
    return _fitted(given, _regression(given), {"C": C}, features)


def flaml_automl(given: Given) -> tuple[list[str], list[str]]:
    """FLAML's own choice among tree ensembles and linear models on sentence vectors, within a
    minute."""
    import numpy as np
    from flaml import AutoML

    x = _vectors(given)
    y = np.array([given.labels.index(row["label"]) for row in given.train])
    automl = AutoML()
    metric = "macro_f1" if given.metric == "macro_f1" else "accuracy"
    learners = ["lgbm", "rf", "extra_tree", "lrl2"]
    automl.fit(
        x[0], y, task="classification", metric=metric, time_budget=60, estimator_list=learners,
        n_jobs=1,
        seed=given.seed, verbose=0,
    )  # fmt: skip
    given.note["estimator"] = automl.best_estimator
    val, test = ([given.labels[int(one)] for one in automl.predict(part)] for part in x[1:])
    return val, test


def setfit_package(given: Given) -> tuple[list[str], list[str]]:
    """The package's trainer: contrast over pairs, then its logistic regression."""
    from datasets import Dataset
    from setfit import SetFitModel, Trainer, TrainingArguments

    model = SetFitModel.from_pretrained(minilm(), labels=given.labels)
    assert model.model_body is not None
    model.model_body.max_seq_length = LONGEST
    rows = Dataset.from_dict(
        {"text": texts_of(given.train), "label": [row["label"] for row in given.train]}
    )
    arguments = TrainingArguments(
        output_dir=tempfile.mkdtemp(), batch_size=16, max_steps=steps_for(given),
        sampling_strategy="oversampling",
        seed=given.seed, save_strategy="no", report_to="none", show_progress_bar=False,
    )  # fmt: skip
    given.note["steps"] = arguments.max_steps
    Trainer(model=model, args=arguments, train_dataset=rows).train()
    val, test = (
        [str(one) for one in model.predict(texts_of(part))] for part in (given.val, given.test)
    )
    return val, test


def steps_for(given: Given) -> int:
    """Steps of 16 pairs that take about two minutes on a core: texts of twenty tokens one second,
    longer ones more."""
    words = sorted(len(text.split()) for text in texts_of(given.train))[len(given.train) // 2]
    return int(min(200, max(30, 200 * 20 / max(20, min(words, LONGEST)))))


def spacy_textcat(given: Given) -> tuple[list[str], list[str]]:
    """A blank English pipeline with spaCy's text classifier (bag of words and a small
    convolution)."""
    import random

    import spacy
    from spacy.training import Example
    from spacy.util import minibatch

    several = given.kind == "multilabel"
    nlp = spacy.blank("en")
    pipe: Any = nlp.add_pipe("textcat_multilabel" if several else "textcat")
    for label in given.labels:
        pipe.add_label(label)
    rows = []
    for row in given.train:
        right = set(row["labels"]) if several else {row["label"]}
        cats = {label: float(label in right) for label in given.labels}
        rows.append(
            Example.from_dict(nlp.make_doc(" ".join(texts_of([row]))[:2000]), {"cats": cats})
        )
    optimizer = nlp.initialize(lambda: rows)
    draw = random.Random(given.seed)

    def answers(some: list[Any]) -> list[str]:
        docs = nlp.pipe(text[:2000] for text in texts_of(some))
        if several:
            return [
                " | ".join(sorted(name for name, p in doc.cats.items() if p >= 0.5)) or "none"
                for doc in docs
            ]
        return [max(doc.cats, key=lambda name: doc.cats[name]) for doc in docs]

    def epoch() -> None:
        draw.shuffle(rows)
        for batch in minibatch(rows, 16):
            nlp.update(batch, sgd=optimizer, drop=0.2)

    return best_epoch(given, epoch, answers, 15)


def best_epoch(
    given: Given, epoch: Callable[[], None], answers: Callable[[list[Any]], Any], most: int
) -> Any:
    """Answers of the epoch that is best on val; three epochs without a gain, or the time, end
    it."""
    best, since, kept = -1.0, 0, ([], [])
    for number in range(1, most + 1):
        epoch()
        val = answers(given.val)
        value, since = simple_score(given, val), since + 1
        if value > best:
            best, since, kept = value, 0, (val, answers(given.test))
            given.note["epoch"] = number
        if since >= 3 or given.late():
            break
    return kept


def simple_score(given: Given, said: list[Any]) -> float:
    """The set's metric over val as scikit-learn has it; for pieces, F1 of whole pieces."""
    from sklearn.metrics import accuracy_score, f1_score

    if given.kind == "extract":
        right = [{(p["start"], p["end"], p["label"]) for p in row["entities"]} for row in given.val]
        ours = [{tuple(p) for p in some} for some in said]
        both = sum(len(a & b) for a, b in zip(right, ours, strict=True))
        return 2 * both / max(1, sum(map(len, right)) + sum(map(len, ours)))
    if given.kind == "multilabel":
        right = [set(row["labels"]) for row in given.val]
        ours = [set(one.split(" | ")) - {"none"} for one in said]
        both = sum(len(a & b) for a, b in zip(right, ours, strict=True))
        return 2 * both / max(1, sum(map(len, right)) + sum(map(len, ours)))
    truth = [row["label"] for row in given.val]
    return float(
        f1_score(truth, said, average="macro")
        if given.metric == "macro_f1"
        else accuracy_score(truth, said)
    )


def trainer_head(given: Given) -> tuple[list[str], list[str]]:
    """A head on the same encoder, all of it tuned by transformers' Trainer; the epoch is chosen on
    val."""
    import numpy as np
    from transformers import AutoModelForSequenceClassification
    from tuned import tuned

    several = given.kind == "multilabel"
    problem = "multi_label_classification" if several else "single_label_classification"
    model = AutoModelForSequenceClassification.from_pretrained(
        minilm(), num_labels=len(given.labels), problem_type=problem
    )

    def target(row: Any) -> Any:
        if several:
            return [float(label in row["labels"]) for label in given.labels]
        return given.labels.index(row["label"])

    def said(logits: Any) -> list[str]:
        if several:
            return [
                " | ".join(given.labels[i] for i in np.flatnonzero(one > 0)) or "none"
                for one in logits
            ]
        return [given.labels[i] for i in logits.argmax(1)]

    return tuned(
        given,
        model,
        lambda rows: [(text,) for text in texts_of(rows)],
        [*map(target, given.train)],
        said,
    )


RECIPES = {
    "classify": (
        words_characters_lr, words_characters_svm, complement_nb, vectors_lr, vectors_words_lr,
        spacy_textcat,
        setfit_package, trainer_head, flaml_automl,
    ),
    "multilabel": (
        words_characters_lr, words_characters_svm, complement_nb, vectors_lr, vectors_words_lr,
        spacy_textcat,
        trainer_head,
    ),
}  # fmt: skip
