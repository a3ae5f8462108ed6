import csv
import random

import numpy as np
import pytest

from assay.core.types import Example, Message
from assay.data.annotation.confident_learning import (
    confident_joint,
    doubts,
    fold_of,
    judge,
    out_of_fold,
    rank_doubts,
)
from assay.data.annotation.word_classifier import vectors

WORDS = {
    "refund": "money back refund charge card paid",
    "delivery": "parcel courier late address street",
    "login": "password account locked reset email",
}


def row(id, text, label):
    return Example(id, (Message("user", text),), label)


def made(n, seed=0):
    draw = random.Random(seed)
    labels = list(WORDS)
    return [
        row(f"r{i}", " ".join(draw.choices(WORDS[labels[i % 3]].split(), k=4)), labels[i % 3])
        for i in range(n)
    ]


def planted(rows, share, seed=0):
    """Rows with the labels of some replaced by another one at random, and the ids of those."""
    draw = random.Random(seed)
    labels = sorted({r.target for r in rows})
    flipped = set(draw.sample(range(len(rows)), round(share * len(rows))))
    out = [
        row(
            r.id,
            r.text,
            draw.choice([x for x in labels if x != r.target]) if i in flipped else r.target,
        )
        for i, r in enumerate(rows)
    ]
    return out, {rows[i].id for i in flipped}


def test_planted_errors_are_found_and_named():
    clean = made(150)
    rows, wrong = planted(clean, 0.06)
    found = rank_doubts(doubts(rows))
    # Nothing but planted errors, and most of them: 9 are planted, and a text of four words may be
    # made of shared ones.
    assert {d.id for d in found} <= wrong and len(found) >= 7
    truth = {r.id: r.target for r in clean}
    assert all(d.other == truth[d.id] and d.margin < 0 for d in found)
    assert [d.margin for d in found] == sorted(d.margin for d in found)


def test_clean_rows_have_no_doubts_and_one_label_has_none():
    assert rank_doubts(doubts(made(150))) == []
    assert doubts([row("a", "x", "l"), row("b", "y", "l")]) == [] and doubts([]) == []


def test_copies_stand_in_one_fold_and_the_order_of_rows_does_not_matter():
    rows = [
        *made(60),
        row("c1", "Where, oh where?", "login"),
        row("c2", "where oh  where", "refund"),
    ]
    folds = dict(zip([r.id for r in rows], fold_of(rows, 5, 1), strict=True))
    assert folds["c1"] == folds["c2"]
    back = rows[::-1]
    assert dict(zip([r.id for r in back], fold_of(back, 5, 1), strict=True)) == folds
    assert {d.id: d for d in doubts(back, seed=1)}.keys() == {d.id for d in doubts(rows, seed=1)}


def test_the_confident_joint_by_hand():
    # Label 0 is on its own rows sure at (0.9 + 0.8 + 0.2 + 0.7) / 4 = 0.65 on average, label 1 at
    # 0.75. Of the rows of label 0 three reach 0.65 and one reaches label 1's 0.75; of label 1 the
    # first row reaches it, and the second, which reaches neither, does not count; then the joint is
    # scaled to the number of rows of each label.
    p = np.array([[0.9, 0.1], [0.8, 0.2], [0.2, 0.8], [0.7, 0.3], [0.2, 0.8], [0.3, 0.7]])
    own = np.array([0, 0, 0, 0, 1, 1])
    assert confident_joint(p, own).tolist() == [[3, 1], [0, 2]]
    found = judge(p, ["x", "y"], ["x"] * 4 + ["y"] * 2, list("abcdef"))
    assert [d.id for d in found if d.likely_error] == ["c"] and found[2].margin == -0.6


@pytest.mark.nightly
@pytest.mark.real
def test_five_percent_of_flips_in_banking77_against_cleanlab(shared_data):
    cleanlab = pytest.importorskip("cleanlab.filter")
    from sklearn.metrics import roc_auc_score

    with (shared_data("banking77", whole=True) / "train.csv").open(
        encoding="utf-8", newline=""
    ) as file:
        read = [
            row(f"r{i}", line["text"], line["category"])
            for i, line in enumerate(csv.DictReader(file))
        ]
    rows, wrong = planted(read[::3], 0.05)
    labels = [r.target for r in rows]
    p, names = out_of_fold(vectors([r.text for r in rows]), labels, fold_of(rows, 5, 0), 0)
    found = judge(p, names, labels, [r.id for r in rows])
    bad = np.array([r.id in wrong for r in rows])
    assert roc_auc_score(bad, [-d.margin for d in found]) > 0.95
    worst = rank_doubts(found, all_rows=True)[:50]
    assert sum(d.id in wrong for d in worst) >= 40
    # The same rule as cleanlab's "both", which rounds the joint in another way: nearly the same
    # rows.
    own = np.array([names.index(label) for label in labels])
    theirs = cleanlab.find_label_issues(own, p, filter_by="both", n_jobs=1)
    ours = np.array([d.likely_error for d in found])
    assert (ours & theirs).sum() / (ours | theirs).sum() > 0.85
    precision, recall = (bad & ours).sum() / ours.sum(), (bad & ours).sum() / bad.sum()
    assert (
        precision > (bad & theirs).sum() / theirs.sum() - 0.05
        and recall > (bad & theirs).sum() / bad.sum() - 0.05
    )
