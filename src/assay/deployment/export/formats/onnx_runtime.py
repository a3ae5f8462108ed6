"""A language model in onnxruntime: the files of `onnx.py`, asked as their user would.

How       prompts padded on the left to the longest of a batch of like length; padding is masked and
          not counted in the positions. Prompts are read in parts, then each step reads one token a
          row. Rows that have ended leave
Memory    logits of PART tokens and a batch's keys and values, twice, because a step gives all of
          them anew
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from assay.core.errors import ModelError, Problem
from assay.core.types import GREEDY, Decoding, Generated, Messages, Tell
from assay.models.loading.find import UNSAID, context_length
from assay.models.tokenizer.chat_tokens import Chat

FILE = "model.onnx"
INSTALL = 'pip install "assay[onnx]"'
BATCH_TOKENS = 4096  # of prompts and answers, padding included, at once
LOGITS = 1 << 25  # of a part of the prompts, in fp32: 128 MB


def missing() -> str:
    """What is not installed, or nothing."""
    gone = [
        name
        for name in ("onnx", "onnxscript", "onnxruntime")
        if importlib.util.find_spec(name) is None
    ]
    return f"{', '.join(gone)}: not installed" if gone else ""


def session(file: Path) -> Any:
    """The file in onnxruntime, on the processor.

    Raises:
        ModelError: M133, onnxruntime is not installed; M135, it does not open the file.
    """
    if gone := missing():
        raise ModelError(Problem("M133", gone, str(file), help=INSTALL))
    import onnxruntime

    from assay.models.environment import threads

    wrong: Any = importlib.import_module("onnxruntime.capi.onnxruntime_pybind11_state")
    wish = onnxruntime.SessionOptions()
    wish.intra_op_num_threads = threads()
    wish.log_severity_level = 3
    wish.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(file, wish, providers=["CPUExecutionProvider"])
    except (
        wrong.Fail,
        wrong.InvalidGraph,
        wrong.InvalidProtobuf,
        wrong.NoSuchFile,
        RuntimeError,
    ) as error:
        text = f"onnxruntime does not open this file: {str(error)[:300]}"
        raise ModelError(Problem("M135", text, str(file), help="write the file again")) from error


class OnnxModel:
    """A `core.types.LanguageModel` on a folder with model.onnx and a tokenizer; a label is written,
    not scored."""

    can_score = False

    def __init__(self, folder: Path):
        from transformers import AutoTokenizer

        self.name = folder.name
        self.session = session(folder / FILE)
        tokenizer: Any = AutoTokenizer.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False
        )
        self.chat = Chat(tokenizer, max_length=context_length(folder) or UNSAID)
        self._kept = [
            one for one in self.session.get_inputs() if one.name.startswith("past_key_values.")
        ]
        self._told = [one.name for one in self.session.get_outputs()]
        self._width = int(self.session.get_outputs()[0].shape[-1])

    def count_tokens(self, messages: Messages) -> int:
        return len(self.chat.prompt(messages)[0])

    def score(self, prompts: Sequence[Messages], options: Sequence[str], **rest: Any) -> Any:
        raise RuntimeError("this runtime writes and does not score: look at can_score")

    def generate(
        self,
        prompts: Sequence[Messages],
        *,
        max_tokens: int,
        how: Decoding = GREEDY,
        tell: Tell | None = None,
    ) -> list[Generated]:
        """Answers in the order of `prompts`, each at most `max_tokens` tokens.

        Raises:
            ModelError: M056 to M059 and M061, the form cannot be used.
        """
        from assay.models.inference.batch_plan import by_length

        pen, lines = self._start_lines(prompts, max_tokens, how)
        done = 0
        for batch in by_length([len(line.ids) for line in lines], BATCH_TOKENS, extra=max_tokens):
            for _ in self._write(pen, [lines[i] for i in batch if not lines[i].over]):
                pass
            done += len(batch)
            if tell:
                tell({"event": "progress", "done": done, "total": len(lines), "unit": "answer"})
        return [pen.to_generated(line) for line in lines]

    def stream(self, prompt: Messages, *, max_tokens: int, how: Decoding = GREEDY) -> Iterator[str]:
        """The answer piece by piece, as text that is complete so far."""
        pen, (line,) = self._start_lines([prompt], max_tokens, how)
        told = ""
        for _ in self._write(pen, [] if line.over else [line]):
            text = pen.sure(line)
            if len(text) > len(told):
                yield text[len(told) :]
                told = text

    def _start_lines(
        self, prompts: Sequence[Messages], max_tokens: int, how: Decoding
    ) -> tuple[Any, list[Any]]:
        from assay.models.inference.sampler import Pen

        pen = Pen(
            self.chat, how, max_tokens, None if how.form is None else self._forms.shape(how.form)
        )
        return pen, pen.lines(
            [self.chat.prompt(messages, room=max_tokens)[0] for messages in prompts]
        )

    @cached_property
    def _forms(self) -> Any:
        from assay.models.inference.constrained_decoding import Forms

        return Forms(self.chat, self._width)

    def _write(self, pen: Any, lines: list[Any]) -> Iterator[None]:
        """Write the lines of one batch to their ends, a token each a step."""
        import numpy as np
        import torch

        if not lines:
            return
        longest = max(len(line.ids) for line in lines)
        pad = self.chat.tokenizer.pad_token_id or self.chat.tokenizer.eos_token_id
        ids = np.array(
            [[pad] * (longest - len(line.ids)) + line.ids for line in lines], dtype=np.int64
        )
        real = np.array(
            [[0] * (longest - len(line.ids)) + [1] * len(line.ids) for line in lines],
            dtype=np.int64,
        )
        kept = [
            np.zeros((len(lines), one.shape[1], 0, one.shape[3]), dtype=np.float32)
            for one in self._kept
        ]
        logits, kept = self._read(ids, real, kept)
        while True:
            pen.write(lines, torch.from_numpy(logits))
            yield
            stay = [i for i, line in enumerate(lines) if not line.over]
            if not stay:
                return
            if len(stay) < len(lines):
                lines, real, kept = (
                    [lines[i] for i in stay],
                    real[stay],
                    [part[stay] for part in kept],
                )
            real = np.concatenate([real, np.ones((len(lines), 1), dtype=np.int64)], 1)
            ids = np.array([line.tokens[-1:] for line in lines], dtype=np.int64)
            logits, kept = self._read(ids, real, kept)

    def _read(self, ids: Any, real: Any, kept: list[Any]) -> tuple[Any, list[Any]]:
        """Read new tokens after what is kept.

        Args:
            ids: (rows, new). real: (rows, kept + new), 0 for padding.

        Returns:
            logits after the last token, fp32 (rows, vocabulary); and keys and values of all tokens.
        """
        import numpy as np

        positions = np.maximum(real.cumsum(1) - 1, 0)
        past, last = real.shape[1] - ids.shape[1], np.zeros((len(ids), 0))
        part = max(1, LOGITS // (self._width * len(ids)))
        for start in range(0, ids.shape[1], part):
            end = min(start + part, ids.shape[1])
            fed = {
                "input_ids": ids[:, start:end],
                "attention_mask": real[:, : past + end],
                "position_ids": positions[:, past + start : past + end],
                **{one.name: value for one, value in zip(self._kept, kept, strict=True)},
            }
            logits, *kept = self.session.run(self._told, fed)
            last = np.ascontiguousarray(logits[:, -1])
        return last, kept
