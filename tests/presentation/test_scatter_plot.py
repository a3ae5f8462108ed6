"""Quality against cost: what a name may cover."""

from xml.etree import ElementTree

from assay.presentation.scatter_plot import scatter
from assay.presentation.svg import CHAR, Dot


def draw(values, front):
    """values: name -> (seconds, score). Returns the plot's tree."""
    dots = [
        (Dot(name, mark, value, value - 0.02, value + 0.02), seconds)
        for mark, (name, (seconds, value)) in enumerate(values.items())
    ]
    words = {"axis": "accuracy", "title": "t", "about": "a", "caption": "c"}
    return ElementTree.fromstring(str(scatter("k", dots, **words, front=front).svg))


def names_of(tree):
    """name -> (left, top, right, bottom) of its text."""
    found = {}
    for one in tree.iter("text"):
        if "label" in one.get("class").split():
            x, y, wide = float(one.get("x")), float(one.get("y")), CHAR * len(one.text)
            left = x - wide if one.get("text-anchor") == "end" else x
            found[one.text] = (left, y - 10, left + wide, y)
    return found


def test_the_line_of_the_best_strikes_through_no_name():
    values = {
        "majority": (0.001, 0.3),
        "tfidf": (0.003, 0.6),
        "probe-vectors": (0.05, 0.72),
        "lora": (0.8, 0.75),
        "zero-shot": (1.0, 0.4),
    }
    tree = draw(values, front=["majority", "tfidf", "probe-vectors", "lora"])
    (line,) = tree.iter("polyline")
    corners = [tuple(map(float, one.split(","))) for one in line.get("points").split()]
    assert len(corners) == 7
    names = names_of(tree)
    assert set(names) == set(values)
    for left, top, right, bottom in names.values():
        for (ax, ay), (bx, by) in zip(corners, corners[1:], strict=False):
            apart = max(ax, bx) < left or min(ax, bx) > right
            assert apart or max(ay, by) < top or min(ay, by) > bottom


def test_a_crowd_of_names_is_shown_all_the_same():
    values = {f"strategy {at}": (0.01 * 1.01**at, 0.5 + at / 1000) for at in range(9)}
    assert set(names_of(draw(values, front=list(values)))) == set(values)
