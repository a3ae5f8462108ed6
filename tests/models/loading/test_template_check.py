"""Chat templates that exhaust or escape are refused, by their syntax or once they are rendered, at
a bounded price; what published templates do is accepted."""

import resource
import sys

import pytest

from assay.models.loading.consistency import chat_templates
from assay.models.loading.find import find
from assay.models.loading.template_check import objections
from assay.models.loading.template_rendering import SECONDS, exhausts
from conftest import CHATML
from helpers.export_models import TURNS
from helpers.nights import nightly_but

HOSTILE = {
    "repeat": "{{ 'x' * 100000 }}",
    "repeat through a name": "{% set x = 'x' %}{{ x * 9 }}",
    "repeat through a message": "{% for m in messages %}{{ m.content * 9 }}{% endfor %}",
    "format": "{{ '%0100000000d' % 1 }}",
    "format through a name": "{% set f = '%099999d' %}{{ f % 1 }}",
    "format through a namespace": "{% set ns = namespace(f='%099999d') %}{{ ns.f % 1 }}",
    "format filter": "{{ '%099999d' | format(1) }}",
    "format by map": "{{ ['%099999d'] | map('format', 1) | list }}",
    "format method": "{{ '{:099999}'.format(1) }}",
    "center": "{{ 'x'.center(99999) }}",
    "power": "{{ 10 ** 9 }}",
    "large range": "{% for i in range(99999) %}x{% endfor %}",
    "large range by product": "{% for i in range(999 * 999) %}x{% endfor %}",
    "large number": "{{ 1000000000 }}",
    "doubling": "{% set ns = namespace(x='a')"
    " %}{% for m in messages %}{% set ns.x = ns.x + ns.x %}{% endfor %}",
    "doubling by a second name": (
        "{% set ns = namespace(x='a', y='') %}"
        "{% for m in messages %}{% set ns.y = ns.x %}{% set ns.x = ns.x ~ ns.y %}{% endfor %}"
    ),
    "doubling in a block": "{% set x = 'a' %}{% for"
    " m in messages %}{% set x %}{{ x }}{{ x }}{% endset %}{% endfor %}",
    "doubling by replacement": (
        "{% set ns = namespace(x='a') %}{% for m in messages %}{% set ns.x = ns.x | replace('a',"
        " 'aa') %}{% endfor %}"
    ),
    "deep loops": "{% for a in x %}{% for b in x %}{% for c in x"
    " %}{% for d in x %}.{% endfor %}" + "{% endfor %}" * 3,
    "class": "{{ ''.__class__.__mro__ }}",
    "class by item": "{{ ''['__class__'] }}",
    "attr filter": "{{ '' | attr('x') }}",
    "unknown function": "{{ lipsum(5) }}",
    "include": "{% include 'x' %}",
    "import": "{% import 'x' as y %}",
    "syntax": "{% for m in messages %}",
    "length": "x" * 65_537,
}
HARMLESS = {
    "roles must alternate": (
        "{% for m in messages %}{% if (m['role'] == 'user') != (loop.index0 % 2 == 0) %}"
        "{{ raise_exception('roles must alternate') }}{% endif %}{{ m['content'] | trim }}{%"
        " endfor %}"
    ),
    "a counter": (
        "{% set ns = namespace(i=0) %}{% for m in messages"
        " %}{% if ns.i % 2 == 0 %}{{ m.content }}{% endif %}{% set ns.i = ns.i + 1 %}{% endfor %}"
    ),
    "text that grows by a message": (
        "{% set ns = namespace(t='') %}"
        "{% for m in messages %}{% set ns.t = ns.t + '\\n' + m.content %}{% endfor %}{{ ns.t }}"
    ),
    "a generation block": "{% for m in messages %}{% generation %}{{"
    " m.content }}{% endgeneration %}{% endfor %}",
    "a macro and the last messages": (
        "{% macro f(x) %}{{ x | tojson }}{% endmacro %}{% for m in messages[::-1] %}{{ f(m) }}{%"
        " endfor %}"
    ),
    "the date": "{% if strftime_now is defined %}{{ strftime_now('%d %b %Y') }}{% endif %}",
}

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


def test_hostile(subtests):
    for name, template in HOSTILE.items():
        with subtests.test(name):
            assert objections(template)


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless(name):
    assert objections(HARMLESS[name]) == []


def test_an_objection_names_the_line():
    assert objections("\n\n{{ 'x' * 9 }}") == ["line 3: `*` on something that may be text"]


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("ASSAY_CACHE", str(tmp_path / "cache"))


def spent() -> float:
    """Processor seconds of the processes that this one has started and that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.mark.slow
@pytest.mark.parametrize("name", nightly_but([*EXHAUSTING][:2], EXHAUSTING))
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
