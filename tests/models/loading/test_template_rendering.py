"""What a template takes too much of when it is rendered is found in a process of its own, at a
bounded price."""

import resource
import sys

import pytest

from assay.models.loading.consistency import chat_templates
from assay.models.loading.find import find
from assay.models.loading.template_check import objections
from assay.models.loading.template_rendering import SECONDS, exhausts
from conftest import CHATML
from helpers.chat_templates import HARMLESS
from helpers.export_models import TURNS
from helpers.nights import nightly_but

THOUSAND = "{% for _ in range(1000) %}"
SAY = "{% for m in messages %}{{ m.content }}{% endfor %}"
LONG = "x" * 300
EXHAUSTING = {
    "three loops of a thousand": THOUSAND * 3 + "{% endfor %}" * 3 + SAY,
    "three loops over the messages": (
        "{% for a in messages %}{% for b in messages %}{% for c in"
        " messages %}{% if a.role == c.role %}{% endif %}{% endfor %}{% endfor %}{% endfor %}" + SAY
    ),
    "a loop for a certain number of messages": (
        "{% if messages | length == 7 %}" + THOUSAND * 3 + "{% endfor %}" * 3 + "{% endif %}" + SAY
    ),
    "a text that is copied a million times": (
        "{% set ns = namespace(t='') %}"
        + (THOUSAND * 2 + "{% set ns.t = ns.t ~ '" + LONG + "' %}" + "{% endfor %}" * 2)
    ),
    "lists": (
        "{% set ns = namespace(t=[]) %}" + THOUSAND + "{% set ns.t = ns.t + [range(1000) |"
        " list] * 9 %}{% endfor %}"
    ).replace("[range(1000) | list] * 9", " + ".join(["[range(1000) | list]"] * 9)),
    "ten megabytes for nothing": THOUSAND * 2 + "xxxxxxxxxx" + "{% endfor %}" * 2,
}


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ASSAY_CACHE", str(tmp_path / "cache"))


def spent() -> float:
    """Processor seconds of the processes that this one has started and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


# One for each limit: the processor, the memory, the text that is written.
DAILY = ("three loops of a thousand", "lists", "ten megabytes for nothing")


@pytest.mark.slow
@pytest.mark.parametrize("name", nightly_but(DAILY, EXHAUSTING))
def test_what_exhausts_without_showing_it_is_found_at_a_bounded_price(cache, name):
    assert objections(EXHAUSTING[name]) == []
    before = spent()
    assert exhausts(EXHAUSTING[name])
    assert spent() - before < SECONDS + 1.5


@pytest.mark.slow
@pytest.mark.parametrize("name", [*HARMLESS, "chatml", "turns"])
def test_what_is_in_use_does_not_exhaust(cache, name):
    assert exhausts((HARMLESS | {"chatml": CHATML, "turns": TURNS})[name]) == ""


def test_a_template_is_tried_once(cache, monkeypatch):
    assert exhausts(CHATML) == ""
    monkeypatch.setattr(sys, "executable", "/nowhere")  # nothing can be started any more
    assert exhausts(CHATML) == ""
    with pytest.raises(FileNotFoundError):
        exhausts(CHATML + " ")


@pytest.mark.real
def test_the_template_of_a_real_model_does_not_exhaust(monkeypatch, tmp_path):
    [(_, template)] = chat_templates(find("smollm2-135m").folder, {})
    monkeypatch.setenv("ASSAY_CACHE", str(tmp_path / "cache"))
    before = spent()
    assert exhausts(template) == ""
    assert spent() - before < SECONDS / 4
