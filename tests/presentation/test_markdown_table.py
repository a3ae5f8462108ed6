"""Markdown that foreign text cannot break."""

from assay.presentation.markdown_table import code_block, plain, table


def test_foreign_text_cannot_leave_its_cell_or_its_fence():
    assert plain("a|b\n*c* <b> [x](y) `z`") == r"a\|b \*c\* \<b\> \[x\](y) \`z\`"
    assert plain("see https://x.example") == "see https&#58;//x.example"
    assert code_block("```\nout") == "````\n```\nout\n````"


def test_a_table_has_as_many_cells_in_every_row():
    text = table(["arm", "score"], [["a", "0.5"], [plain("b|c"), "0.7"]])
    assert text.splitlines() == [
        "| arm | score |",
        "| --- | ---: |",
        "| a | 0.5 |",
        r"| b\|c | 0.7 |",
    ]


def test_a_fence_is_longer_than_any_in_the_text_and_controls_are_visible():
    assert code_block("x `````` y").startswith("```````\n")
    assert code_block("a: 1\n\n", "yaml") == "```yaml\na: 1\n```"
    assert "\x1b" not in code_block("\x1b[2J")
