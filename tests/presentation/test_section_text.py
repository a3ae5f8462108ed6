"""A section in the terminal: lines that fit, tables that line up or are told row by row."""

from assay.presentation import section_spec as spec
from assay.presentation.section_text import blocks_text, render

ROWS = [
    ("lora", spec.FormattedNumber(0.25, "score")),
    ("full", spec.FormattedNumber(None, "score")),
]
TABLE = spec.Table("Scores.", ("arm", "score"), ROWS)


def test_a_table_that_fits_lines_up():
    assert blocks_text([TABLE]) == [
        "Scores.",
        "  arm   score",
        "  lora  0.250",
        "  full      –",
    ]


def test_a_wider_one_is_told_row_by_row():
    assert blocks_text([TABLE], width=12)[1:] == [
        "  lora:",
        "  score",
        "  0.250",
        "  full:",
        "  score –",
    ]


def test_no_line_is_wider_than_asked_and_control_characters_are_visible():
    words = "\x1b[31m" + "many words " * 30
    blocks = [spec.Paragraph(words), spec.Bullets([words]), spec.SectionHeading(words), TABLE]
    lines = render(spec.Section("part", "Part", blocks), width=40)
    assert lines[0] == "Part" and max(map(len, lines)) <= 40
    assert "\x1b" not in "".join(lines) and lines[1].startswith("␛[31mmany words")
    assert any(line.startswith("- ") for line in lines)
