"""A model folder as transformers reads it: the base's tokenizer, weights that are there once."""

import json
import re
import shutil

import pytest

from assay.core.errors import ModelError
from assay.core.store import read_json
from assay.core.types import Message
from assay.deployment.export.formats.model_folder import (
    loading,
    same_tokens,
    write_network,
    write_tokenizer,
)
from assay.deployment.export.formats.source import QUESTION, Base
from assay.models.loading.safetensors_header import tensors_of
from assay.models.tokenizer.chat_tokens import Chat
from helpers.problems import problem

PROMPTS = [
    (Message("system", "Classify the message."), Message("user", f"my card is {word}"))
    for word in ("stolen", "in a taxi", "grün 1234")
]


@pytest.fixture
def written(tiny_model, tmp_path):
    """The folder of a tokenizer as an export has it."""
    write_tokenizer(Base("tiny", tiny_model, "0" * 64), tmp_path)
    return tmp_path


def test_the_tokenizer_is_the_bases_own_byte_by_byte(tiny_model, written, open_tiny):
    for file in written.iterdir():
        assert file.read_bytes() == (tiny_model / file.name).read_bytes()
    assert {"tokenizer.json", "chat_template.jinja"} <= {file.name for file in written.iterdir()}
    same_tokens(open_tiny().chat, PROMPTS, written)


def test_a_tokenizer_with_other_special_tokens_is_refused(written, open_tiny):
    config = written / "tokenizer_config.json"
    config.write_text(json.dumps({**read_json(config), "eos_token": "<|endoftext|>"}))
    with problem(ModelError, "M102"):
        same_tokens(open_tiny().chat, PROMPTS, written)


def test_a_tokenizer_that_puts_its_own_beginning_is_refused(written, open_tiny):
    template = written / "chat_template.jinja"
    template.write_text("{{ '<|endoftext|>' }}" + template.read_text())
    with problem(ModelError, "M102"):
        same_tokens(open_tiny().chat, PROMPTS, written)


def test_a_tied_matrix_is_stored_once_and_in_the_type_that_is_asked_for(open_tiny, tmp_path):
    import torch

    network = open_tiny().network
    write_network(tmp_path, network, torch.bfloat16)
    config, tensors = (
        read_json(tmp_path / "config.json"),
        tensors_of(tmp_path / "model.safetensors"),
    )
    assert config["dtype"] == "bfloat16" and config["tie_word_embeddings"] is True
    assert config["architectures"] == ["LlamaForCausalLM"] and "_name_or_path" not in config
    assert set(network.state_dict()) - set(tensors) == {"lm_head.weight"}


def test_infinity_in_a_config_is_written_as_transformers_writes_it(tmp_path):
    import torch
    from transformers import AutoConfig

    from helpers import architectures, hybrids

    network = architectures.plain(hybrids.build(tmp_path / "base", "mamba2"))
    write_network(tmp_path / "written", network, torch.float32)
    written = read_json(tmp_path / "written" / "config.json")
    assert written["time_step_limit"] == [0.0, {"__float__": "Infinity"}]
    read = AutoConfig.from_pretrained(tmp_path / "written")
    assert list(read.time_step_limit) == [0.0, float("inf")]


def test_the_block_for_the_card_is_python_whatever_the_instruction_holds():
    system = 'Say "a" or ```b```.\nNothing else.'
    turns = [{"role": "system", "content": system}, {"role": "user", "content": QUESTION}]
    block = loading("import torch", "model = load(folder)", turns)
    fence = re.match("`+", block)[0]
    # the fence is longer than any in the text, so that it ends at its end
    assert block.endswith(f"\n{fence}") and block.count(fence) == 2
    code = block.removeprefix(f"{fence}python\n").removesuffix(fence)
    compile(code, "card", "exec")
    assert '"content": question' in code


def test_files_that_the_base_has_not_are_not_made_up(tiny_model, tmp_path):
    base = tmp_path / "base"
    base.mkdir()
    shutil.copy(tiny_model / "tokenizer.json", base)
    (tmp_path / "out").mkdir()
    write_tokenizer(Base("bare", base, "0" * 64), tmp_path / "out")
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["tokenizer.json"]


def test_an_end_of_several_tokens_is_compared_by_its_last(tmp_path, tiny_model):
    from transformers import AutoTokenizer

    base = shutil.copytree(tiny_model, tmp_path / "base")
    template = base / "chat_template.jinja"
    template.write_text(template.read_text().replace("<|im_end|>", "over<|im_end|>"))
    write_tokenizer(Base("tiny", base, "0" * 64), tmp_path / "out")
    chat = Chat(AutoTokenizer.from_pretrained(base))
    assert len(chat.end) > 1
    same_tokens(chat, PROMPTS, tmp_path / "out")
