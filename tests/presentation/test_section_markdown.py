"""A section in Markdown: blocks that stand apart, foreign text that cannot act, whole tables."""

from assay.presentation import section_spec as spec
from assay.presentation.section_markdown import blocks_markdown, render, words_markdown

NUMBER = spec.FormattedNumber(0.25, "score", "/a")
ENDS = spec.Ends(spec.FormattedNumber(0.1, "score"), spec.FormattedNumber(0.4, "score"))


def test_a_section_is_blocks_under_its_heading():
    table = spec.Table(
        "By arm.", ("arm", "kind", "score"), [("a", "x", spec.Stacked(NUMBER, ENDS))]
    )
    section = spec.Section(
        "part",
        "Part",
        [spec.SectionHeading("Of it"), spec.Bullets(["one", ("two ", NUMBER)]), table],
    )
    assert render(section) == [
        "## Part",
        "### Of it",
        "- one\n- two 0.250",
        "By arm.",
        "| arm | kind | score |\n| --- | --- | ---: |\n| a | x | 0.250 (0.100 to 0.400) |",
    ]


def test_foreign_text_cannot_act():
    bad = "<b> [x](http://a.example) | `c` \x1b"
    safe = r"\<b\> \[x\](http&#58;//a.example) \| \`c\` ␛"
    assert words_markdown((bad, spec.Tag(bad))) == f"{safe}({safe})"
    assert words_markdown(spec.Code(bad)) == safe
    item = spec.Item(bad, (bad,), (spec.LabelledValue(bad, bad),))
    details = spec.Details(bad, (spec.ItemList([item], short=1),))
    assert blocks_markdown([details]) == [f"{safe}:", f"- {safe}: {safe}; {safe}: {safe}"]
    assert blocks_markdown([spec.Paragraph("a\n# b")]) == [r"a \# b"]


def test_what_a_machine_reads_is_a_block_of_code_and_facts_are_a_table():
    blocks = [
        spec.Details("project.yaml", (spec.ListingBlock("a: 1", "yaml"),), opened=True),
        spec.CardBlock("arm-0", (spec.Facts([("seed", "7"), ("kind", spec.Strong("a|b"))]),)),
        spec.Paragraph("Use lora.", "verdict"),
    ]
    assert blocks_markdown(blocks) == [
        "project.yaml:",
        "```yaml\na: 1\n```",
        "| what | value |\n| --- | --- |\n| seed | 7 |\n| kind | **a\\|b** |",
        "**Use lora.**",
    ]


def test_code_stays_code_and_spaces_between_words_stay():
    words = ("see ", spec.Code("assay run"), " of ", spec.TextLink("arm-0", "a_b"))
    assert words_markdown(words) == r"see `assay run` of a\_b"
