"""What the machine computes with: device, weight type, threads. Recorded with every result that depends on it."""

import os

import torch

from assay.model.environment import processor_flags


def device() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def weight_type() -> torch.dtype:
    """bf16 where it is multiplied natively (AVX-512 bf16, AMX, a recent GPU), fp32 elsewhere."""
    if torch.cuda.is_available():
        return torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float32
    flags = processor_flags()
    return torch.bfloat16 if "avx512_bf16" in flags or "amx_bf16" in flags else torch.float32


def quiet() -> None:
    """No progress bars or advice on the terminal from the libraries; no asking the network."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()


def steady(seed: int, threads: int = 0) -> None:
    """Same seed, same threads, deterministic kernels: the same bits on the same machine."""
    torch.manual_seed(seed)
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(threads or os.cpu_count() or 1)
