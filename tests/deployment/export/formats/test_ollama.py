"""Ollama's template says what the model's own chat template says."""

import pytest

from assay.core.errors import ModelError
from assay.deployment.export.formats.ollama import TEMPLATES, kind_of, render_template


def test_the_template_of_ollama_says_what_the_models_own_says(open_tiny):
    tokenizer = open_tiny().chat.tokenizer
    assert kind_of(tokenizer, "arm") == "chatml"
    turns = [{"role": "user", "content": "Which?"}]
    own = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
    assert render_template(TEMPLATES["chatml"], {"Prompt": "Which?"}) == own


def test_a_template_that_ollama_cannot_say_is_refused(open_tiny):
    tokenizer = open_tiny().chat.tokenizer
    before = tokenizer.chat_template
    tokenizer.chat_template = "{% for m in messages %}[{{ m.role }}] {{ m.content }}{% endfor %}"
    try:
        with pytest.raises(ModelError, match="M104"):
            kind_of(tokenizer, "arm")
    finally:
        tokenizer.chat_template = before


def test_each_template_says_system_and_question_and_ends_where_the_answer_begins():
    for kind, template in TEMPLATES.items():
        both = render_template(template, {"System": "Be brief.", "Prompt": "Why?"})
        alone = render_template(template, {"Prompt": "Why?"})
        assert "Be brief." in both and both.index("Be brief.") < both.index("Why?"), kind
        assert "Be brief." not in alone and "Why?" in alone, kind
        assert "{{" not in both + alone and ".Response" not in both, kind


def test_a_default_system_text_of_the_model_is_not_lost_where_none_is_sent(open_tiny):
    tokenizer = open_tiny().chat.tokenizer
    before = tokenizer.chat_template
    assert kind_of(tokenizer, "arm", system=False) == "chatml"
    default = "<|im_start|>system\nYou are kind.<|im_end|>\n"
    added = "{% if messages[0].role != 'system' %}" + default + "{% endif %}"
    tokenizer.chat_template = added + before
    try:
        assert kind_of(tokenizer, "arm") == "chatml"
        with pytest.raises(ModelError, match="M104"):
            kind_of(tokenizer, "arm", system=False)
    finally:
        tokenizer.chat_template = before
