"""The section on forgetting, from numbers that are given."""

import json
import re
from dataclasses import replace

from assay.audits.forgetting import section
from assay.presentation.dumbbell_plot import dumbbells
from assay.presentation.json_place import Place
from assay.presentation.section_markdown import blocks_markdown
from assay.presentation.svg import Dot
from assay.reporting import html, markdown
from helpers.lines import named


def probe(before, after, low, high, unit="share", chance=False):
    gap = round(after - before, 6)
    return {
        "before": before,
        "after": after,
        "difference": gap,
        "low": low,
        "high": high,
        "n": 60,
        "unit": unit,
    } | {"chance": chance}


def arm(difference, low, high, **probes):
    whole = {"difference": difference, "low": low, "high": high, "probes": 3, "n": 140}
    return {
        "base": "b",
        "combined": whole,
        "probes": probes,
        "flips": {"lost": 0, "gained": 0},
        "flipped": [],
    }


def data():
    text = probe(1.08, 1.39, 0.25, 0.37, "bits a byte")
    known, guessed = probe(0.7, 0.6, -0.15, -0.05), probe(0.26, 0.25, -0.1, 0.1, chance=True)
    still = {
        "knowledge": probe(0.7, 0.696, -0.02, 0.01),
        "text": probe(1.0, 1.0, None, None, "bits a byte"),
    }
    arms = {
        "lora": arm(-0.4, -1.9, 1.1, **still),
        "full": arm(-8.3, -11.0, -5.6, knowledge=known, mmlu=guessed, text=text),
    }
    base = {"b": {"probes": {"knowledge": {"at_chance": False}, "mmlu": {"at_chance": True}}}}
    found = {"level": 0.95, "arms": arms, "base": base, "failed": {"head": "killed"}}
    found |= {"items": 178, "tokens": 12345, "seconds": 61.5}
    return {"forgetting": found, "strategies": [{"name": "lora"}, {"name": "full"}]}


def test_the_worst_arm_is_said_first_and_in_words():
    first, second, third = section.sentences(data())
    assert first == (
        "full: has forgotten, −8.3 points on general probes (−11.0"
        " to −5.6, 95 %; 140 items of 3 probes); text: +0.310 bits a byte (+0.250 to +0.370)."
    )
    assert second.startswith(
        "lora: no change that can be told from chance, −0.4 points on general probes (−1.9 to +1.1"
    )
    assert named(third, "head", "killed")
    assert section.chance_sentences(data()) == [
        "b only guesses on mmlu: what it does not know it cannot forget."
    ]
    assert named(section.summary(data(), "lora"), "−0.4 points", "−1.9", "+1.1")
    assert section.summary({}, "lora") == ""


def test_the_plot_has_a_row_a_probe_and_its_table():
    plot = section.plot(data(), 1, "full")
    assert plot.svg.count('class="before"') == 2  # texts have another unit
    assert [row[0] for row in plot.rows] == ["knowledge", "mmlu"]
    assert plot.rows[1][-1] == section.CANNOT
    # before, after, and the interval of the change
    assert plot.rows[0][1:5] == ("0.700", "0.600", "0.550", "0.650")
    assert json.dumps(plot.rows)


def test_foreign_names_are_inert_in_the_plot():
    made = dumbbells(
        "k",
        [("<b>x", 0.1, Dot("<b>x", 0, 0.2, None, None))],
        axis="a",
        title="t",
        about="a",
        caption="c",
    )
    assert "<b>" not in made.svg and "&lt;b&gt;x" in made.svg


def test_markdown_has_a_row_a_probe():
    text = "\n".join(blocks_markdown(section.blocks(Place(data()))))
    assert "| mmlu (cannot show it) | share | 0.260 | 0.250 | −1.0 (−10.0 to +10.0) | 60 |" in text
    assert "| text | bits a byte | 1.080 | 1.390 | +0.310 (+0.250 to +0.370) | 60 |" in text


def test_the_page_has_the_numbers_of_the_report(report):
    found = data()["forgetting"] | {"failed": {}}
    names = {"full": "lora-r8", "lora": "zero"}  # arms of this report
    found["arms"] = {names[name]: one for name, one in found["arms"].items()}
    item = {
        "probe": "knowledge",
        "source": "k:1",
        "text": "<i>Q</i>?",
        "target": "ice",
        "before": "ice",
        "after": "x_y",
    }
    found["arms"]["lora-r8"]["flipped"] = [{**item, "now": "wrong"}]
    made = replace(report, data={**report.data, "forgetting": found})
    part = re.search(r'<section id="forgetting">.*?</section>', html.render(made), re.S)[0]
    assert named(part, "lora-r8", "−8.3 points") and "&lt;i&gt;Q&lt;/i&gt;?" in part
    assert (
        '<data value="-8.3" data-at="/forgetting/arms/lora-r8/combined/difference"'
        ' data-as="tenths">−8.3</data>' in part
    )
    assert (
        'data-at="/forgetting/arms/lora-r8/probes/mmlu/before"' in part
        and part.count(section.CANNOT) >= 2
    )
    assert part.count("<svg") == part.count("</svg>") >= 2 and 'class="scroll" tabindex="0"' in part
    text = markdown.render(made)
    assert "## Forgetting" in text and "after: x\\_y" in text
