"""Both rankings and their fusion together; reranking; the weight that train chooses."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from assay.core.types import Document, Example, Message
from assay.retrieval.encoders import PassageRanker
from assay.retrieval.retriever import Finder, Looking, Tools
from helpers.letters import Letters, letters

PASSAGES = [
    Document("a#1", "parental leave takes thirty days"),
    Document("b#1", "sick days are paid in full"),
    Document("c#1", "trains leave every hour"),
    Document("d#1", "the canteen opens at nine"),
]


class Shortest(PassageRanker):
    """The shorter a passage, the better."""

    def scores(self, questions: Sequence[str], passages, tell=None):
        return [np.array([-float(len(text)) for text in texts]) for texts in passages]

    def save(self, folder):
        pass


def finder(**settings):
    return Finder(Looking(**settings), PASSAGES, Tools(Letters()))


def test_dense_is_the_cosine():
    (found,) = finder(find="dense").rank(["leaves of trains"])
    cosines = (letters(["leaves of trains"]) @ letters([p.text for p in PASSAGES]).T)[0]
    order = np.argsort(-cosines, kind="stable")
    assert found == [(PASSAGES[i].id, pytest.approx(cosines[i], abs=1e-6)) for i in order]


@pytest.mark.parametrize("fuse", ["scores", "ranks"])
def test_hybrid_is_the_fusion_of_both(fuse):
    text = "days of parental leaves"
    (words,), (meaning,) = finder().rank([text]), finder(find="dense").rank([text])
    sums: dict[str, float] = {}
    for share, found in ((0.7, words), (0.3, meaning)):
        first, last = found[0][1], found[-1][1]
        for rank, (name, score) in enumerate(found, start=1):
            value = 1 / (60 + rank) if fuse == "ranks" else (score - last) / (first - last)
            sums[name] = sums.get(name, 0) + share * value
    (found,) = finder(find="hybrid", fuse=fuse, weight=0.3).rank([text])
    assert dict(found) == pytest.approx(sums, abs=1e-5)
    assert [name for name, _ in found] == sorted(sums, key=lambda name: -sums[name])


def test_the_reranker_orders_the_first_candidates():
    settings = Looking(candidates=2, top=4)
    both = Finder(settings, PASSAGES, Tools(ranking=Shortest()))
    assert [
        name for name, _ in Finder(settings, PASSAGES, Tools()).rank(["parental leave days"])[0]
    ] == [
        "a#1",
        "b#1",
        "c#1",
    ]
    assert [name for name, _ in both.rank(["parental leave days"])[0]] == ["b#1", "a#1"]
    (hits,) = both.find(["parental leave days"])
    assert hits.scores == (-26.0, -32.0)


def test_certainty_is_the_cosine_or_the_share_of_the_words():
    assert finder(find="dense").find([PASSAGES[3].text])[0].certainty == pytest.approx(1, abs=1e-5)
    assert finder().find(["sick days"])[0].certainty == pytest.approx(1)
    assert 0 < finder().find(["sick zebras"])[0].certainty < 0.5
    assert finder().find(["zebra"])[0].certainty == 0


def asked(text, *found_in):
    return Example(text, (Message("user", text),), found_in=found_in)


def test_the_weight_is_the_one_that_ranks_the_answers_highest():
    hybrid = finder(find="hybrid", weight="train")
    assert hybrid.weight == 0.6
    # Only spelling finds it: no word is shared.
    hybrid.learn([asked("parent leaving thirtieth", "a"), asked("canteens opening", "d")] * 3)
    spelled = hybrid.weight
    ranks = {w / 10: finder(find="hybrid", weight=w / 10) for w in range(11)}

    def value(one):
        found = one.rank(["parent leaving thirtieth", "canteens opening"])
        return sum(
            1 / (1 + [n for n, _ in row].index(want))
            for row, want in zip(found, ("a#1", "d#1"), strict=True)
        )

    assert value(ranks[spelled]) == max(map(value, ranks.values()))
    assert hybrid.learn([asked("no answer", "gone")]) == 0  # nothing to choose by: it stays
    assert hybrid.weight == spelled


def test_a_learned_order_puts_what_train_teaches_first():
    # Words of another passage stand in the question.
    row = asked("parent leaving thirtieth hour trains", "a")
    plain, taught = finder(find="hybrid", fuse="learned"), finder(find="hybrid", fuse="learned")
    assert plain.order == pytest.approx([0.4, 0.6, 0, 0, 0])
    assert taught.learn([row] * 40) == 40

    (before,), (after,) = plain.rank([row.text]), taught.rank([row.text])
    assert (before[0][0], after[0][0]) == ("c#1", "a#1")
    assert [score for _, score in after] == sorted((score for _, score in after), reverse=True)
    assert (
        taught.replace_documents([replace(PASSAGES[0], id="e#1", text="boats")], ["b"]).order
        == taught.order
    )


def test_a_changed_finder_keeps_weight_and_vectors():
    hybrid = finder(find="hybrid", weight=0.9)
    after = hybrid.replace_documents([replace(PASSAGES[0], id="e#1", text="boats")], ["b", "c"])
    assert [p.id for p in after.passages] == ["a#1", "d#1", "e#1"]
    assert hybrid.vectors is not None and after.vectors is not None
    assert after.vectors.vectors == pytest.approx(letters([p.text for p in after.passages]))
    assert after.weight == 0.9 and len(hybrid.passages) == 4
