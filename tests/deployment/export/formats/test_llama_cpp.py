"""A GGUF file as a language model: what its header says, and what is asked of llama.cpp."""

import json

import numpy as np
import pytest

from assay.core.errors import ModelError
from assay.core.types import Decoding, Form
from assay.deployment.export.formats.llama_cpp import (
    CONTROL,
    LlamaModel,
    _body,
    _form,
    _to_generated,
    read_facts,
)
from helpers.problems import problem


@pytest.fixture
def file(tmp_path):
    """A file with four tokens, one of them a control token, and a template."""
    gguf = pytest.importorskip("gguf")
    path = tmp_path / "model.gguf"
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_block_count(1)
    writer.add_embedding_length(32)
    writer.add_context_length(128)
    writer.add_tokenizer_model("gpt2")
    writer.add_token_list([b"a", b"<|im_end|>", b"b", b"<think>"])
    writer.add_token_types([1, CONTROL, 1, 4])
    writer.add_eos_token_id(1)
    writer.add_chat_template("{{ messages[0].content }}")
    writer.add_tensor("token_embd.weight", np.zeros((4, 32), np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def test_the_header_says_how_prompts_are_made_and_where_answers_end(file):
    assert read_facts(file) == {
        "template": "{{ messages[0].content }}",
        "context": 128,
        "control": {1: "<|im_end|>"},  # a mark that the model's author added is none
        "eos": 1,
    }
    model = LlamaModel(file)  # no server is started before it is asked
    assert model.chat.max_length == 128 and not model.can_score
    with pytest.raises(RuntimeError, match="can_score"):
        model.score([], [])


def test_half_a_file_is_refused_before_llama_cpp_sees_it(file):
    file.write_bytes(file.read_bytes()[:200])
    with problem(ModelError, "M097", "model.gguf"):
        LlamaModel(file)


def test_only_where_temperature_is_asked_for_tokens_are_drawn():
    greedy = _body([1, 2], 5, Decoding(stop=("END", "")), 3)
    assert greedy["samplers"] == ["top_k"] and greedy["top_k"] == 1 and greedy["stop"] == ["END"]
    how = Decoding(temperature=0.5, top_p=0.9, seed=10)
    drawn = [_body([1, 2], 5, how, number) for number in range(3)]
    # equal prompts of one call are drawn independently of each other
    assert [one["seed"] for one in drawn] == [10, 11, 12] and "top_k" not in drawn[0]


def test_a_choice_is_a_grammar_of_quoted_texts_and_a_regex_is_refused():
    choice = _form(Form("choice", json.dumps(["card", 'say "x"'])))
    assert choice == {"grammar": 'root ::= "card" | "say \\"x\\""'}
    assert _form(Form("json", '{"type": "object"}')) == {"json_schema": {"type": "object"}}
    with problem(ModelError, "M136", None, "regex"):
        _form(Form("regex", "a+"))


def test_an_answer_is_cut_at_the_first_stop_text():
    said = {"content": " red END b", "tokens_evaluated": 3, "tokens_predicted": 4}
    found = _to_generated({**said, "stop_type": "limit"}, Decoding(stop=("b", "END")))
    assert (found.text, found.prompt_tokens, found.tokens, found.truncated) == ("red", 3, 4, True)
    shaped = _to_generated({**said, "stop_type": "eos"}, Decoding(form=Form("json", "{}")))
    assert shaped.text == " red END b" and not shaped.truncated


def test_tokens_of_many_texts_are_given_to_each_text(file, monkeypatch):
    model = LlamaModel(file)
    asked = []

    class Letters:
        """Answers as llama.cpp's server does, with a token a letter."""

        def ask(self, path, body):
            asked.append((path, body["add_special"], body["parse_special"]))
            parts = ([ord(c) for c in p] if isinstance(p, str) else [p] for p in body["content"])
            return {"tokens": [token for part in parts for token in part]}

    monkeypatch.setattr(model, "server", Letters)
    assert model.text_ids(["ab", "", "c", "de"]) == [[97, 98], [], [99], [100, 101]]
    assert model.text_ids([]) == []
    assert asked[0] == ("/tokenize", False, False) and len(asked) == 2
