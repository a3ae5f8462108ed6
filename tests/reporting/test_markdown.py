"""The Markdown report: its sections in order, and tables that line up."""

import re

from assay.reporting import markdown
from helpers.lines import named


def test_the_markdown_report_has_its_sections_in_order(report):
    text = markdown.render(report)
    places = [
        text.index(f"## {name}") for name in ("Comparison", "Leaks", "Limits", "How to reproduce")
    ]
    assert places == sorted(places)
    assert text.startswith(
        "# banking\n\n**Use lora-r8, accuracy 0.875**\n\n0.830 to 0.910 on 264 held-out rows"
    )
    assert named(text, "13 of 264")
    assert "```yaml\nversion: 2" in text
    tables = re.findall(r"(?:^\|.*\|$\n?)+", text, re.M)
    for table in tables:
        assert len({len(re.findall(r"(?<!\\)\|", row)) for row in table.strip().splitlines()}) == 1
