"""A merged model as ONNX in fp32, with keys and values going in and out: for onnxruntime, anywhere
it runs.

Inputs    input_ids (batch, length), attention_mask (batch, past + length), position_ids (batch,
          length), and for each layer past_key_values.N.key and .value (batch, key heads, past,
          width); `past` may be 0
Outputs   logits (batch, length, vocabulary), present.N.key and .value (batch, key heads, past +
          length, width)
How       torch.onnx.export with the graph of torch.export; the mask over what may be seen is part
          of the graph, so that padding on either side needs only a 0 in attention_mask, and
          positions that do not count it
Checked   logits of three shapes, one with padding and one with a past, are those of torch to CLOSE
Watch out weights of more than 1.5 GB lie beside the graph, in model.onnx.data: the two files go
          together
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.core import store
from assay.core.errors import ModelError, Problem
from assay.core.types import Tell
from assay.deployment.export.formats.onnx_runtime import FILE, INSTALL, missing, session

if TYPE_CHECKING:
    import torch

BESIDE = 1_500_000_000  # bytes of weights; a file of ONNX holds 2 GB
CLOSE = 1e-3  # of logits
LAYERS = {"full_attention", "sliding_attention"}  # kinds of layers whose masks are made here
OTHER_WAY = "export it as merged weights instead (--to merged)"


def write_onnx(model: Path, folder: Path, *, tell: Tell = lambda event: None) -> dict[str, Any]:
    """Write `folder/model.onnx` and, beside it, `onnx.json` with what stands in it; what the latter
    says.

    Args:
        model: a plain model folder: config.json and model.safetensors. Its tokenizer is not written
            here.

    Raises:
        ModelError: M133, a package is missing; M137, the network cannot be written as ONNX; M138,
            what was written gives other logits.
    """
    if gone := missing():
        raise ModelError(Problem("M133", gone, help=INSTALL))
    import torch
    from transformers import AutoModelForCausalLM

    network: Any = AutoModelForCausalLM.from_pretrained(
        model,
        dtype=torch.float32,
        local_files_only=True,
        use_safetensors=True,
        attn_implementation="sdpa",
    )
    network.eval().requires_grad_(False)
    kinds = set(network.config.get_text_config().to_dict().get("layer_types") or LAYERS)
    if other := sorted(kinds - LAYERS):
        text = (
            "its layers of the kind"
            f" {', '.join(other)} keep more than keys and values of all tokens"
        )
        raise ModelError(Problem("M137", text, str(model), help=OTHER_WAY))
    tell({"event": "note", "text": "the network is written as ONNX"})
    size = sum(weight.nbytes for weight in network.parameters())
    folder.mkdir(parents=True, exist_ok=True)
    _export_program(network, model).save(folder / FILE, external_data=size > BESIDE)
    facts = {
        "file": FILE,
        "files": {path.name: path.stat().st_size for path in sorted(folder.glob(FILE + "*"))},
        "architecture": type(network).__name__,
        "precision": "fp32",
        "layers": network.config.get_text_config().num_hidden_layers,
        "largest_difference": _max_logit_difference(network, folder / FILE),
    }
    store.write_json(folder / "onnx.json", facts)
    return facts


def sentences(facts: dict[str, Any]) -> tuple[str, ...]:
    """What the model card says of it."""
    return (
        f"`{FILE}` takes and gives keys and values of {facts['layers']} layers,"
        f" in fp32; its logits differ by at most {facts['largest_difference']:.1e} from torch's.",
    )


def step(network: Any) -> Any:
    """The network as a module of tensors alone: (input_ids, attention_mask, position_ids, [keys,
    values, ...]) to (logits, keys, values, ...)."""
    import torch

    class Step(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def forward(
            self, input_ids: Any, attention_mask: Any, position_ids: Any, past: list[Any]
        ) -> tuple[Any, ...]:
            from transformers import DynamicCache

            cache = DynamicCache()
            for layer in range(len(past) // 2):
                cache.update(past[2 * layer], past[2 * layer + 1], layer)
            found = self.network(
                input_ids=input_ids,
                attention_mask=masks(self.network.config, input_ids.shape[1], attention_mask),
                position_ids=position_ids,
                cache=cache,
                use_cache=True,
            )
            layers: Any = cache.layers
            present = [part for layer in layers for part in (layer.keys, layer.values)]
            return found.logits, *present

    return Step().eval()


def masks(config: Any, length: int, real: torch.Tensor) -> Any:
    """What each new token sees, (batch, 1, length, past + length), 0 or the lowest number; by kind
    of layer where the model has several. Tokens of padding see what is real before them or, where
    that is nothing, all alike."""
    import torch

    total = real.shape[1]
    own = torch.arange(length, device=real.device)[:, None] + (total - length)
    other = torch.arange(total, device=real.device)[None]
    text = config.get_text_config()

    def additive(seen: torch.Tensor) -> torch.Tensor:
        both = seen[None, None] & (real[:, None, None, :] > 0)
        return torch.where(both, 0.0, torch.finfo(torch.float32).min)

    whole = additive(other <= own)
    kinds = text.to_dict().get("layer_types")
    if not kinds:
        return whole
    made = {"full_attention": whole}
    if "sliding_attention" in kinds:
        # Counted in real tokens: padding takes no part of the window.
        place = real.cumsum(1)
        near = place[:, total - length :, None] - place[:, None] < text.sliding_window
        made["sliding_attention"] = torch.where(
            near[:, None], whole, torch.finfo(torch.float32).min
        )
    return {kind: made[kind] for kind in dict.fromkeys(kinds)}


def example(
    network: Any, rows: int, past: int, length: int, padding: int = 0
) -> tuple[Any, Any, Any, list[Any]]:
    """Arguments of `step`: drawn token ids after a drawn past, the first row padded on the left."""
    import torch

    text = network.config.get_text_config()
    draw = torch.Generator().manual_seed(rows + past + length)
    ids = torch.randint(0, text.vocab_size, (rows, length), generator=draw)
    real = torch.ones(rows, past + length, dtype=torch.long)
    real[0, :padding] = 0
    positions = (real.cumsum(1) - 1).clamp(min=0)[:, past:]
    width = text.to_dict().get("head_dim") or text.hidden_size // text.num_attention_heads
    heads = text.to_dict().get("num_key_value_heads") or text.num_attention_heads
    kept = [
        torch.randn(rows, heads, past, width, generator=draw)
        for _ in range(2 * text.num_hidden_layers)
    ]
    return ids, real, positions, kept


def names(layers: int, head: str) -> list[str]:
    return [f"{head}.{layer}.{part}" for layer in range(layers) for part in ("key", "value")]


def _export_program(network: Any, model: Path) -> Any:
    import torch

    layers = network.config.get_text_config().num_hidden_layers
    free = torch.export.Dim.DYNAMIC
    shapes = ({0: free, 1: free},) * 3 + ([{0: free, 2: free}] * (2 * layers),)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the libraries about each other
            return torch.onnx.export(
                step(network),
                example(network, 2, 3, 4),
                dynamo=True,
                dynamic_shapes=shapes,
                input_names=[
                    "input_ids",
                    "attention_mask",
                    "position_ids",
                    *names(layers, "past_key_values"),
                ],
                output_names=["logits", *names(layers, "present")],
                verbose=False,
            )
    except (torch.onnx.errors.OnnxExporterError, RuntimeError, TypeError, ValueError) as error:
        said = str(error).strip().splitlines() or [type(error).__name__]
        text = f"{type(network).__name__} cannot be written as ONNX: {said[0][:300]}"
        raise ModelError(Problem("M137", text, str(model), help=OTHER_WAY)) from error


def _max_logit_difference(network: Any, file: Path) -> float:
    """The largest difference of a logit that is looked at.

    Raises:
        ModelError: M138, it is more than CLOSE.
    """
    import torch

    opened = session(file)
    module, worst = step(network), 0.0
    for rows, past, length, padding in ((2, 0, 7, 3), (1, 5, 1, 0), (3, 2, 4, 1)):
        ids, real, positions, kept = example(network, rows, past, length, padding)
        with torch.inference_mode():
            # a drawn past is none that a text leaves: on one, fp32 may be 5e-3 from float64 by
            # itself
            if past:
                kept = list(module(*example(network, rows, 0, past, padding))[1:])
            meant = module(ids, real, positions, kept)[0]
        fed = dict(
            zip(
                [one.name for one in opened.get_inputs()],
                [ids, real, positions, *kept],
                strict=True,
            )
        )
        found = opened.run(["logits"], {name: value.numpy() for name, value in fed.items()})[0]
        off = (torch.from_numpy(found) - meant).abs()
        worst = max(worst, float(off[:, -1].max()))
    if not worst <= CLOSE:  # NaN is not either
        text = f"onnxruntime's logits differ from torch's by up to {worst:.2g}"
        raise ModelError(Problem("M138", text, str(file), help=OTHER_WAY))
    return worst
