import numpy as np
import pytest

from assay.core.errors import DataError
from assay.core.types import Dropped, Means
from assay.data.steps.off_topic import FEWEST_ROWS, OffTopic, nearest
from helpers import unusual


def test_a_row_of_another_topic_goes(make, outcome):
    rows = [*unusual.CARDS[:60], *unusual.REFUNDS[:60]]
    _, dropped, _ = outcome(OffTopic(), make([*rows, (unusual.OFF_TOPIC, "x")]))
    assert [drop.example.text for drop in dropped] == [unusual.OFF_TOPIC]


def test_in_few_rows_every_topic_stays(make, outcome):
    few = [*unusual.CARDS[: FEWEST_ROWS - 2], (unusual.OFF_TOPIC, "x")]
    assert len(outcome(OffTopic(), make(few))[0]) == len(few)


def test_a_row_is_no_neighbour_of_itself():
    # Directions at 0, 60 and 90 degrees, of which the first two may be neighbours: cosines of 60,
    # 90 and 30 degrees.
    vectors = np.array([[1, 0], [1 / 2, 3**0.5 / 2], [0, 1]])
    assert nearest(vectors, [0, 1], 1) == pytest.approx([1 / 2, 1 / 2, 3**0.5 / 2])
    assert nearest(vectors, [0, 1, 2], 2) == pytest.approx(
        [1 / 4, (1 / 2 + 3**0.5 / 2) / 2, 3**0.5 / 4]
    )


def test_off_topic_by_embedding_asks_for_one(make):
    assert OffTopic().wants() == () and OffTopic(by="embedding").wants() == ("embed",)
    rows = make([*unusual.CARDS[:60], ("far away", "x")])
    with pytest.raises(DataError) as caught:
        list(OffTopic(by="embedding").apply(rows, Means()))
    assert caught.value.problems[0].code == "D076"

    def embed(texts):
        # All rows but one lie around one direction, as noise of equal size in 16 dimensions puts
        # them.
        draw = np.random.default_rng(4)
        vectors = draw.normal(size=(len(texts), 16))
        vectors[:, 0] = [-20 if text == "far away" else 20 for text in texts]
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    dropped = [
        r
        for r in OffTopic(by="embedding").apply(rows, Means(embed=embed))
        if isinstance(r, Dropped)
    ]
    assert [drop.example.text for drop in dropped] == ["far away"]
