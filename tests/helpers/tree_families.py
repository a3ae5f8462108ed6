"""Small configurations of families that are computed on token trees."""

import transformers as hf

SMALL = {
    "vocab_size": 97,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "max_position_embeddings": 256,
    "pad_token_id": 0,
    "bos_token_id": None,
    "eos_token_id": 1,
}
GROUPED = {**SMALL, "num_key_value_heads": 2}
MIXED = ["sliding_attention", "full_attention", "sliding_attention"]
FAMILIES = {
    "llama": hf.LlamaConfig(**GROUPED),
    "qwen2": hf.Qwen2Config(**GROUPED),
    "qwen2 sliding": hf.Qwen2Config(
        **GROUPED, use_sliding_window=True, sliding_window=6, max_window_layers=1
    ),
    "qwen3": hf.Qwen3Config(**GROUPED, head_dim=16),
    "qwen3 moe": hf.Qwen3MoeConfig(
        **GROUPED,
        head_dim=16,
        num_experts=4,
        num_experts_per_tok=2,
        moe_intermediate_size=24,
        decoder_sparse_step=1,
    ),
    "mistral": hf.MistralConfig(**GROUPED, sliding_window=7),
    "gemma3": hf.Gemma3TextConfig(**GROUPED, head_dim=16, sliding_window=6, layer_types=MIXED),
    "gemma2": hf.Gemma2Config(
        **GROUPED,
        head_dim=16,
        sliding_window=6,
        attn_logit_softcapping=30.0,
        final_logit_softcapping=5.0,
        query_pre_attn_scalar=16,
    ),
    "phi3": hf.Phi3Config(**GROUPED, sliding_window=6),
    "olmo2": hf.Olmo2Config(**GROUPED),
    "gpt-neox": hf.GPTNeoXConfig(**SMALL),
    "gpt2": hf.GPT2Config(
        vocab_size=97,
        n_embd=32,
        n_layer=3,
        n_head=4,
        n_positions=256,
        attn_pdrop=0.0,
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        bos_token_id=None,
        eos_token_id=1,
    ),
    "smollm3": hf.SmolLM3Config(**GROUPED),
    "granite": hf.GraniteConfig(
        **GROUPED, logits_scaling=3.0, residual_multiplier=0.5, embedding_multiplier=2.0
    ),
    "cohere2": hf.Cohere2Config(**GROUPED, sliding_window=6, logit_scale=0.25, layer_types=MIXED),
}
