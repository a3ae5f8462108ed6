"""Chat templates that exhaust or escape are refused, by their syntax or once they are rendered, at
a bounded price; what published templates do is accepted."""

import pytest

from assay.models.loading.template_check import objections
from helpers.chat_templates import HARMLESS

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


def test_hostile(subtests):
    for name, template in HOSTILE.items():
        with subtests.test(name):
            assert objections(template)


@pytest.mark.parametrize("name", HARMLESS)
def test_harmless(name):
    assert objections(HARMLESS[name]) == []


def test_an_objection_names_the_line():
    assert objections("\n\n{{ 'x' * 9 }}") == ["line 3: `*` on something that may be text"]
