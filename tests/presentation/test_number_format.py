import math

from assay.presentation.number_format import (
    apart,
    clean,
    duration,
    fewer_rows,
    format_signed,
    format_size,
    one_line,
    p_value,
    points,
    rough,
    score,
    shorten,
    three,
)


def test_three_significant_digits(subtests):
    for value, shown in [
        (0, "0"),
        (0.9996, "1.00"),
        (12.345, "12.3"),
        (99.96, "100"),
        (1234.5, "1,230"),
        (0.012345, "0.0123"),
        (-0.5, "−0.500"),
        (1.5e-9, "1.50e−09"),
        (None, "–"),
        (math.nan, "–"),
        (math.inf, "–"),
    ]:
        with subtests.test(repr((value, shown))):
            assert three(value) == shown


def test_signs_and_small_things():
    assert (score(0.7412), format_signed(0.08), format_signed(-0.00001), points(-0.0004)) == (
        "0.741",
        "+0.080",
        "0.000",
        "0.0",
    )
    assert (points(0.08), points(-0.015), p_value(0.0004), p_value(0.031)) == (
        "+8.0",
        "−1.5",
        "< 0.001",
        "0.031",
    )
    assert (rough(2874), rough(31), rough(2_000_000)) == (
        "about 2,900",
        "about 31",
        "more than a million",
    )
    assert (duration(2e-6), duration(0.118), duration(3.2), duration(812)) == (
        "2.00 µs",
        "118 ms",
        "3.20 s",
        "13.5 min",
    )


def test_foreign_text():
    assert clean("a\x1b[0m\r\nb\tc\x9b\u202e\ud800\x7f") == "a␛[0m\nb\tc⟨U+009B⟩⟨U+202E⟩�␡"
    assert clean("می‌خواهم 👩‍🔬 é") == "می‌خواهم 👩‍🔬 é"  # joiners carry meaning
    assert one_line("a\n b   c" + "d" * 100, 10) == "a b cdddd…"
    assert shorten("x" * 30, 10) == "xxxxxxxxxx … (20 more characters)"


def test_a_difference_of_a_score_is_in_points_and_of_others_in_their_unit():
    assert (format_size(-0.147), apart(0.147), apart(-0.0001)) == ("14.7 points", "+14.7", "0.0")
    assert (format_size(-2.79, "bits a byte"), apart(-2.79, "bits a byte")) == (
        "2.79 bits a byte",
        "−2.79",
    )
    assert (apart(None, "nats"), apart(0.0, "nats")) == (apart(None), "0")


def test_fewer_rows_names_the_setting_of_the_project_file():
    (said,) = fewer_rows({"rows": 20, "wished": 100}, "robustness")
    assert said == (
        "20 of 100 rows were asked: all would have taken longer than evaluate.robustness.minutes."
    )
    assert fewer_rows({"rows": 100, "wished": 100}, "robustness") == []
