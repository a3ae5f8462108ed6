"""What is printed and pasted: short lines, tables that line up, foreign text that stays one
cell."""

import re

from assay.presentation.markdown_table import code_block, plain
from assay.reporting import markdown
from assay.reporting.summary import summary_lines, terminal_table
from helpers.lines import named


def test_the_last_lines_of_a_run(report):
    lines = summary_lines(report.data)
    assert named(lines[0], "lora-r8", "0.875", "0.830", "0.910", "264")
    text = " ".join(line.strip() for line in lines)
    assert named(text, "+23.5 points", "tfidf", "+17.7 to +29.3", "p < 0.001")
    assert named(
        text, "rag-lora", "1.5 points higher", "−2.3 to +5.4", "p = 1.000", "5 times as slow"
    )
    assert named(text, "leaks: 1", "1 row", "warnings: 1", "W012")
    assert max(len(line) for line in lines) <= 80


def test_the_table_has_the_best_first_and_the_failed_last(report):
    header, *rows = terminal_table(report.data)
    assert header[:4] == ["strategy", "accuracy", "95 %", "n"]
    assert [row[0] for row in rows] == [
        "rag-lora",
        "lora-r8",
        "few-shot-8",
        "tfidf",
        "zero",
        "majority",
        "full",
    ]
    assert all(len(row) == len(header) for row in rows)
    assert rows[1][1:6] == ["0.875", "0.830–0.910", "264", "+0.235", "< 0.001"]
    assert rows[-1][1] == "failed"


def test_the_markdown_report_has_its_sections_in_order(report):
    text = markdown.render(report)
    places = [
        text.index(f"## {name}")
        for name in ("The decision, measured", "Leaks", "Limits", "How to reproduce")
    ]
    assert places == sorted(places)
    assert text.startswith(
        "# banking\n\n**Use lora-r8: accuracy 0.875 (0.830 to 0.910) on 264 held-out rows**"
    )
    assert named(text, "13 of 264")
    assert "```yaml\nversion: 2" in text
    tables = re.findall(r"(?:^\|.*\|$\n?)+", text, re.M)
    for table in tables:
        assert len({len(re.findall(r"(?<!\\)\|", row)) for row in table.strip().splitlines()}) == 1


def test_foreign_text_cannot_leave_its_cell_or_its_fence():
    assert plain("a|b\n*c* <b> [x](y) `z`") == r"a\|b \*c\* \<b\> \[x\](y) \`z\`"
    assert plain("see https://x.example") == "see https&#58;//x.example"
    assert code_block("```\nout") == "````\n```\nout\n````"
