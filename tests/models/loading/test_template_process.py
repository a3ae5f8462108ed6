"""The child's work, done here: what is rendered, and what is refused. Its limits are not set."""

import pytest

from assay.models.loading.template_process import (
    COUNTS,
    compile_template,
    conversations,
    refusal,
)

SAY = "{% for m in messages %}{{ m.content }}{% endfor %}"


@pytest.fixture
def few(monkeypatch):
    """Conversations of up to seven messages, which are rendered in no time."""
    monkeypatch.setattr("assay.models.loading.template_process.COUNTS", range(1, 8))
    monkeypatch.setattr("assay.models.loading.template_process.LONG", ((1, 1 << 12),))


def test_conversations_take_turns_with_and_without_a_system_message():
    made = list(conversations())
    assert {len(one) for one in made} == {*COUNTS, 40}
    for messages in made:
        roles = [message["role"] for message in messages]
        turns = roles[roles[0] == "system" :]
        assert turns == (["user", "assistant"] * len(turns))[: len(turns)]
    assert {one[0]["role"] for one in made} == {"system", "user"}


def test_a_template_is_compiled_as_transformers_does():
    from transformers.utils.chat_template_utils import _compile_jinja_template

    template = (
        "{% for m in messages %}\n  {% if loop.first %}{% continue %}{% endif %}\n"
        "{% generation %}{{ m | tojson }}{% endgeneration %}{% endfor %}"
    )
    given = {"messages": [{"role": "user", "content": "<é>"}] * 2}
    ours = compile_template(template).render(**given)
    assert ours == _compile_jinja_template(template).render(**given)
    assert '"<é>"' in ours  # neither escaped for a page nor for ASCII


def test_what_is_written_in_measure_is_not_refused(few):
    assert refusal(SAY) == ""
    assert refusal("a long introduction " * 100 + SAY) == ""
    # Roles may be refused, and a template may fail: that is told where it is used.
    assert refusal("{{ raise_exception('no system') }}") == refusal("{{ messages[99].x }}") == ""


def test_text_that_grows_beyond_what_was_given_is_refused(few):
    many = "{% for _ in range(1000) %}" * 2 + "x" + "{% endfor %}" * 2
    assert "become 1,000,000" in refusal(many)
    # Only from some number of messages on.
    late = "{% if messages | length == 7 %}" + many + "{% endif %}"
    assert refusal(late).startswith("7 messages")
