from assay.tasks.target_candidates import TargetCandidate
from assay.tasks.weighed_ways import apart, is_ambiguous


def way(weight, kind="classify", **columns):
    return TargetCandidate(kind, columns, "", weight)


def test_two_of_nearly_one_weight_leave_it_open():
    assert is_ambiguous([way(1.0, label="a"), way(0.85, label="b")])
    assert not is_ambiguous([way(1.0, label="a"), way(0.84, label="b")])
    assert not is_ambiguous([way(1.0, label="a")])


def test_what_asks_the_same_or_weighs_little_is_not_named():
    first, other = way(1.0, label="a"), way(0.5, label="b")
    same, faint = way(0.4, label="a"), way(0.05, label="c")
    assert apart([first, other, same, faint]) == [first, other]


def test_what_the_first_is_made_of_is_no_other_way():
    first = way(1.0, "choose", choices="options", answer="right")
    assert apart([first, way(0.9, "answer", answer="options")]) == [first]
