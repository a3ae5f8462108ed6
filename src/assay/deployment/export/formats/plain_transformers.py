"""A model folder, or an adapter's, asked by transformers and PEFT alone: what somebody without
assay would see.

How         the folder's own tokenizer, chat template and generation settings; prompts padded on the
            left, in batches of like length; the likeliest token until an end token or
            `max_new_tokens`
Prefixes    PEFT's keys and values, or tokens, that stand before the prompt know no padding: batches
            of one length then
Watch out   text that holds a control token of the model is read as that token here, as any caller
            of the template has it, and as plain text by assay
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.core.store import read_json
from assay.core.types import GREEDY, Decoding, Generated, Messages, Tell
from assay.deployment.export.formats.source import turns_of

if TYPE_CHECKING:
    import torch

BATCH_TOKENS = 4096  # of prompts and answers, padding included, computed at once


class Plain:
    """Implements `Opened` with plain transformers."""

    def __init__(
        self, network: Any, tokenizer: Any, settings: dict[str, Any], *, padded: bool = True
    ):
        """Args:
        settings: of generation_config.json. padded: prompts of other lengths may run together.
        """
        self.network = network.eval()
        self.tokenizer = tokenizer
        self.settings = settings
        self.ends = list(settings["eos_token_id"])
        self.padded = padded

    def generate(
        self,
        prompts: Sequence[Messages],
        *,
        max_tokens: int,
        how: Decoding = GREEDY,
        tell: Tell | None = None,
    ) -> list[Generated]:
        rows = [self.ids(prompt) for prompt in prompts]
        out: list[Generated | None] = [None] * len(rows)
        done = 0
        for batch in self._batches([len(row) for row in rows], max_tokens):
            for place, ids in zip(
                batch, self._generate_ids([rows[i] for i in batch], max_tokens), strict=True
            ):
                out[place] = self._read(ids, len(rows[place]), max_tokens, how)
            done += len(batch)
            if tell:
                tell({"event": "progress", "done": done, "total": len(rows), "unit": "answer"})
        return [one for one in out if one is not None]

    def _batches(self, lengths: Sequence[int], room: int) -> list[list[int]]:
        from assay.models.inference.batch_plan import by_length

        batches = by_length(lengths, BATCH_TOKENS, room)
        if self.padded:
            return batches
        return [
            [i for i in some if lengths[i] == n]
            for some in batches
            for n in sorted({lengths[i] for i in some})
        ]

    def ids(self, prompt: Messages) -> list[int]:
        """The prompt by the folder's own template."""
        text = self.tokenizer.apply_chat_template(
            turns_of(prompt), tokenize=False, add_generation_prompt=True
        )
        return self.tokenizer(text, add_special_tokens=False)["input_ids"]

    def _generate_ids(self, rows: Sequence[list[int]], room: int) -> list[list[int]]:
        import torch

        longest = max(map(len, rows))
        pad = self.settings.get("pad_token_id", self.ends[0])
        place = next(self.network.parameters()).device
        ids = torch.tensor([[pad] * (longest - len(row)) + row for row in rows], device=place)
        mask = torch.tensor(
            [[0] * (longest - len(row)) + [1] * len(row) for row in rows], device=place
        )
        with torch.inference_mode():
            found = self.network.generate(
                input_ids=ids, attention_mask=mask, generation_config=self._config(room, int(pad))
            )
        return [
            row[-(found.shape[1] - longest) :].tolist() if found.shape[1] > longest else []
            for row in found
        ]

    def _config(self, room: int, pad: int) -> Any:
        from transformers import GenerationConfig

        return GenerationConfig(
            **{**self.settings, "max_new_tokens": room, "do_sample": False, "pad_token_id": pad}
        )

    def _read(self, ids: list[int], prompt: int, room: int, how: Decoding) -> Generated:
        end = next((at for at, token in enumerate(ids) if token in self.ends), None)
        text = self.tokenizer.decode(ids[:end], skip_special_tokens=True)
        stops = [at for stop in how.stop if stop and (at := text.find(stop)) >= 0]
        tokens = len(ids) if end is None else end + 1
        return Generated(
            text[: min(stops, default=len(text))].strip(),
            prompt,
            tokens,
            truncated=end is None and not stops,
        )


def open_model(folder: Path) -> Plain:
    """A folder that `AutoModelForCausalLM` loads, in fp32."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from assay.models.device import device, quiet

    quiet()
    network: Any = AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, local_files_only=True
    )
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    return Plain(network.to(device()), tokenizer, generation(folder))


def generation(folder: Path) -> dict[str, Any]:
    """The settings of generation_config.json."""
    return read_json(folder / "generation_config.json")


def dtype_of(name: str) -> torch.dtype:
    import torch

    return {"fp32": torch.float32, "bf16": torch.bfloat16}[name]
