"""The walk over sentences is networkx's PageRank; vectors are counts times rarity."""

import numpy as np
import pytest

from assay.strategies.linear.word_ranking import WordOrder
from assay.strategies.text.sentence_graph import centrality, from_the_start, word_vectors


@pytest.mark.slow
def test_the_walk_ends_where_networkx_says():
    import networkx

    draw = np.random.default_rng(5)
    for n in (2, 5, 9):
        alike = draw.random((n, n)) * (draw.random((n, n)) > 0.3)
        alike = alike + alike.T
        alike[-1] = alike[:, -1] = 0.0  # like no other
        restart = from_the_start(n, 0.5)
        there = alike - np.diag(np.diag(alike))
        graph = networkx.from_numpy_array(there)
        given = dict(enumerate(restart))
        wanted = networkx.pagerank(
            graph, alpha=0.85, personalization=given, dangling=given, tol=1e-12, max_iter=500
        )
        assert centrality(alike, restart) == pytest.approx([wanted[i] for i in range(n)], abs=1e-8)


def test_where_all_are_alike_the_walk_is_where_it_jumps():
    # With equal weights and even jumps every sentence is visited as often: 1 / n.
    assert centrality(np.ones((4, 4)), from_the_start(4, 0.0)) == pytest.approx([0.25] * 4)
    # Of the jumps 1 : 1/2 fall on the two places; the share of the rest is even.
    assert from_the_start(2, 1.0) == pytest.approx([2 / 3, 1 / 3])
    assert from_the_start(3, 0.3).sum() == pytest.approx(1)


def test_vectors_weigh_rare_words_more():
    order = WordOrder.over(["pump house", "pump rain", "pump day"])
    (vector,) = word_vectors(order, ["pump rain"])
    # idf of Lucene: ln(1 + .5 / 3.5) in all three texts, ln(1 + 2.5 / 1.5) in one.
    weights = np.array([np.log(1 + 0.5 / 3.5), np.log(1 + 2.5 / 1.5)])
    assert vector == pytest.approx(weights / np.linalg.norm(weights))
