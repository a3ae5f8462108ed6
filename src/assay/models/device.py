"""What the machine computes with: device, weight type, threads. Recorded with every result that
depends on it."""

import os
import time

import torch

from assay.core.errors import Problem, ResourceError
from assay.models.environment import multiplies_bf16, precision

SIZE = 256  # of the product that is tried: 10 ms in all where bf16 is native
TRIES = 4  # of which the fastest counts
ROUNDS = 3  # of such tries that have to agree: a busy neighbour tips one, and not most
AGREES = 1e-2  # relative; the rounding of bf16 alone gives 2e-3
# Native bf16 was 5 to 13 times as fast as fp32 at this size, emulated bf16 0.004 to 0.2 times (Xeon
# with AMX, 1 or 2 threads; emulated by ONEDNN_MAX_CPU_ISA), and 2.1 and 0.37 times (EPYC with
# AVX512-BF16, 1 thread).
SLOW = 0.5


def device() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def weight_type() -> torch.dtype:
    """bf16 where it is multiplied natively, fp32 elsewhere; or what ASSAY_PRECISION says.

    The processor's flags or the card's generation decide, so that a machine always decides alike;
    the product that is then tried can only refuse.

    Raises:
        ResourceError: R006, bf16 products are wrong, or slower than those in fp32.
    """
    if named := precision():
        return torch.bfloat16 if named == "bf16" else torch.float32
    card = torch.cuda.is_available()
    if not (torch.cuda.is_bf16_supported(including_emulation=False) if card else multiplies_bf16()):
        return torch.float32
    check_bf16(device())
    return torch.bfloat16


def check_bf16(place: torch.device) -> None:
    """Try one product in bf16 and in fp32.

    Raises:
        ResourceError: R006, they differ by more than 1 %, or on a processor bf16 takes more than
            twice the time.
    """
    draw = torch.Generator().manual_seed(0)
    narrow = [torch.randn(SIZE, SIZE, generator=draw).bfloat16().to(place) for _ in range(2)]
    wide = [matrix.float() for matrix in narrow]
    product, expected = (narrow[0] @ narrow[1]).float(), wide[0] @ wide[1]
    off = float((product - expected).norm() / expected.norm())
    if not off <= AGREES:  # NaN is not either
        _refuse(
            f"a product in bf16 differs from that in fp32 by {off:.1%} on this machine ({place})"
        )
    if place.type == "cpu" and not _is_fast(wide, narrow):
        _refuse(
            f"the processor says it multiplies bf16, but that takes more than {1 / SLOW:.0f}"
            " times as long as fp32 here"
        )


def _is_fast(wide: list[torch.Tensor], narrow: list[torch.Tensor]) -> bool:
    """What the first `ROUNDS` rounds that agree say."""
    said: list[bool] = []
    while (fast := said.count(True)) < ROUNDS and len(said) - fast < ROUNDS:
        taken = [(_seconds(*wide), _seconds(*narrow)) for _ in range(TRIES)]  # in turns
        said.append(min(one for one, _ in taken) >= SLOW * min(other for _, other in taken))
    return fast == ROUNDS


def _seconds(first: torch.Tensor, second: torch.Tensor) -> float:
    begun = time.perf_counter()
    torch.matmul(first, second)
    return time.perf_counter() - begun


def _refuse(text: str) -> None:
    way = (
        "ASSAY_PRECISION=fp32 in the environment computes in fp32; ASSAY_PRECISION=bf16 takes"
        " bf16 as it is"
    )
    raise ResourceError(Problem("R006", text, help=way))


def quiet() -> None:
    """No progress bars or advice on the terminal from the libraries; no asking the network."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    import logging
    import warnings

    from transformers.utils import logging as theirs

    theirs.set_verbosity_error()
    theirs.disable_progress_bar()
    # peft imports it, and it gives advice
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)
    # peft asks transformers for it
    warnings.filterwarnings("ignore", "`is_gradient_checkpointing` is deprecated")
