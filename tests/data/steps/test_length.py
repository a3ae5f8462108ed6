from assay.data.steps.length import Length


def test_each_reason(make, outcome):
    rows, dropped, _ = outcome(
        Length(min_chars=3, max_chars=5),
        make([("abc", "x"), (" \n", "x"), ("ab", "x"), ("abcdef", "x")]),
    )
    assert [row.text for row in rows] == ["abc"]
    assert [drop.reason for drop in dropped] == ["empty", "too short", "too long"]


def test_one_character_is_enough_by_default(make, outcome):
    rows, dropped, _ = outcome(Length(), make([("?", "x"), ("a" * 8000, "x"), ("a" * 8001, "x")]))
    assert len(rows) == 2
    assert [drop.reason for drop in dropped] == ["too long"]
