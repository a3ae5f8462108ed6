"""Log-probabilities at the output layer without ever holding all logits.

States come in chunks; a chunk's logits are made, used and dropped. For a plain sum the gradient is
found in the same pass (softmax minus target, times the output matrix). Where each log-probability
gets a gradient of its own, the logits are made a second time in the backward pass. Several targets
at one state are one row of softmax with several weights.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import torch

CHUNK = 256  # states at once: 256 x 49,152 logits in fp32 are 50 MB


class OutputHead:
    """The output layer on chunks of states."""

    def __init__(
        self, weight: torch.Tensor, bias: torch.Tensor | None, scale: float, cap: float | None
    ):
        self.weight, self.bias, self.scale, self.cap = weight, bias, scale, cap

    def logits(self, states: torch.Tensor) -> torch.Tensor:
        """(states, vocabulary) in the network's type; a cap or a scale is applied in at least
        fp32."""
        logits = torch.nn.functional.linear(states, self.weight, self.bias)
        if self.scale == 1.0 and self.cap is None:
            return logits
        logits = logits.to(torch.promote_types(logits.dtype, torch.float32)).mul_(self.scale)
        return logits if self.cap is None else logits.div_(self.cap).tanh_().mul_(self.cap)

    def logs(self, logits: torch.Tensor) -> torch.Tensor:
        """Log-probabilities of all tokens, at least fp32."""
        return torch.log_softmax(logits, -1, dtype=torch.promote_types(logits.dtype, torch.float32))

    def back(self, grad: torch.Tensor, logits: torch.Tensor) -> torch.Tensor:
        """From the gradient of the logits (changed in place) to that of the layer's own output."""
        if self.cap is not None:
            grad.mul_(1 - (logits / self.cap).square())
        if self.scale != 1.0:
            grad.mul_(self.scale)
        return grad.to(self.weight.dtype)


def chunks(n: int, places: torch.Tensor) -> Iterator[tuple[slice, torch.Tensor, torch.Tensor]]:
    """(slice of states, which targets read them, the row in the chunk of each)."""
    for start in range(0, n, CHUNK):
        inside = torch.nonzero((places >= start) & (places < start + CHUNK)).flatten()
        yield slice(start, min(n, start + CHUNK)), inside, places[inside] - start


class Total(torch.autograd.Function):
    """Sum of the cross-entropies of `targets` in nats; target i is read at `states[places[i]]`.

    With `smoothing` s the target has 1 - s on the token and s spread evenly over the vocabulary.
    """

    @staticmethod
    def forward(
        ctx: Any,
        states: torch.Tensor,
        weight: torch.Tensor,
        bias: torch.Tensor | None,
        scale: float,
        cap: float | None,
        places: torch.Tensor,
        targets: torch.Tensor,
        smoothing: float,
        compiled: bool,
    ) -> torch.Tensor:
        head = OutputHead(weight, bias, scale, cap)
        plain = compiled and scale == 1.0 and cap is None and not smoothing
        total = states.new_zeros((), dtype=torch.float64)
        grads = Grads(head, states, ctx.needs_input_grad)
        for part, inside, rows in chunks(len(states), places):
            logits = head.logits(states[part])
            if plain:
                value, grad = passes(logits, rows, targets[inside])
                total += value
                grads.add(part, states[part], grad)
                continue
            logs = head.logs(logits)
            uses = torch.bincount(rows, minlength=len(logs)).to(logs.dtype)[:, None]
            chosen = logs[rows, targets[inside]]
            total -= (1 - smoothing) * chosen.sum(dtype=torch.float64)
            if smoothing:
                total -= smoothing * (logs.mean(-1, keepdim=True) * uses).sum(dtype=torch.float64)
            if any(ctx.needs_input_grad):
                grad = logs.exp_()
                if bool((uses != 1).any()):
                    grad *= uses
                if smoothing:
                    grad -= (smoothing / logs.shape[-1]) * uses
                grad.index_put_(
                    (rows, targets[inside]), torch.full_like(chosen, smoothing - 1), accumulate=True
                )
                grads.add(part, states[part], head.back(grad, logits))
        ctx.grads = grads
        return total.to(torch.promote_types(states.dtype, torch.float32))

    @staticmethod
    # torch: *grad_outputs
    def backward(ctx: Any, above: torch.Tensor) -> tuple[Any, ...]:  # pyrefly: ignore[bad-override]
        return (
            *(None if g is None else g * above.to(g.dtype) for g in ctx.grads.all()),
            *[None] * 6,
        )


def passes(
    logits: torch.Tensor, rows: torch.Tensor, targets: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Sum of the cross-entropies of `targets`, read at `rows` of the logits, and its gradient in
    the logits' type: two compiled passes over the logits instead of six."""
    norms, spread = compile_passes()
    total = norms(logits)
    chosen = logits[rows, targets].float() - total[rows]
    uses = torch.bincount(rows, minlength=len(logits)).to(total.dtype)
    grad = spread(logits, total, uses)
    # The targets' own entries are small differences: made in fp32, and rounded once.
    _, same, times = torch.unique(
        rows * logits.shape[-1] + targets, return_inverse=True, return_counts=True
    )
    grad[rows, targets] = (chosen.exp() * uses[rows] - times[same]).to(grad.dtype)
    return -chosen.sum(dtype=torch.float64), grad


def _norms(logits: torch.Tensor) -> torch.Tensor:
    return torch.logsumexp(logits.float(), -1)


def _spread(logits: torch.Tensor, norms: torch.Tensor, uses: torch.Tensor) -> torch.Tensor:
    return ((logits.float() - norms[:, None]).exp() * uses[:, None]).to(logits.dtype)


@cache
def compile_passes() -> tuple[Callable[..., torch.Tensor], Callable[..., torch.Tensor]]:
    return torch.compile(_norms, dynamic=True), torch.compile(_spread, dynamic=True)


class LogProbs(torch.autograd.Function):
    """Log-probability of each target in nats, (targets,).

    Where the output matrix is not trained, what each state would move its logits by on average
    (softmax times the matrix) is kept from the forward pass, and no logits are made again.
    """

    @staticmethod
    def forward(
        ctx: Any,
        states: torch.Tensor,
        weight: torch.Tensor,
        bias: torch.Tensor | None,
        scale: float,
        cap: float | None,
        places: torch.Tensor,
        targets: torch.Tensor,
    ) -> torch.Tensor:
        head = OutputHead(weight, bias, scale, cap)
        out = states.new_zeros(len(targets), dtype=torch.promote_types(states.dtype, torch.float32))
        alone = ctx.needs_input_grad[0] and not any(ctx.needs_input_grad[1:3])
        plain = scale == 1.0 and cap is None
        mean = torch.zeros_like(states) if alone and plain else None
        for part, inside, rows in chunks(len(states), places):
            logs = head.logs(head.logits(states[part]))
            out[inside] = logs[rows, targets[inside]]
            if mean is not None:
                mean[part] = logs.exp_().to(weight.dtype) @ weight
        ctx.save_for_backward(states, weight, bias, places, targets, mean)
        ctx.head = (scale, cap)
        return out

    @staticmethod
    # torch: *grad_outputs
    def backward(ctx: Any, above: torch.Tensor) -> tuple[Any, ...]:  # pyrefly: ignore[bad-override]
        states, weight, bias, places, targets, mean = ctx.saved_tensors
        if mean is not None:
            own = above.to(mean.dtype)[:, None] * (weight[targets] - mean[places])
            return torch.zeros_like(states).index_add_(0, places, own), *[None] * 6
        head = OutputHead(weight, bias, *ctx.head)
        grads = Grads(head, states, ctx.needs_input_grad)
        for part, inside, rows in chunks(len(states), places):
            logits = head.logits(states[part])
            grad = head.logs(logits).exp_()
            share = grad.new_zeros(len(grad)).index_add_(0, rows, above[inside].to(grad.dtype))
            grad *= -share[:, None]
            grad.index_put_((rows, targets[inside]), above[inside].to(grad.dtype), accumulate=True)
            grads.add(part, states[part], head.back(grad, logits))
        return (*grads.all(), *[None] * 4)


class Grads:
    """Gradients of states, matrix and bias, each filled only where it is `wanted`; sums over chunks
    are at least fp32."""

    def __init__(self, head: OutputHead, states: torch.Tensor, wanted: tuple[bool, ...]):
        self._head = head
        self.states = torch.zeros_like(states) if wanted[0] else None
        self.weight, self.bias = (
            torch.zeros_like(tensor, dtype=torch.promote_types(tensor.dtype, torch.float32))
            if tensor is not None and wants
            else None
            for tensor, wants in ((head.weight, wanted[1]), (head.bias, wanted[2]))
        )

    def add(self, part: slice, states: torch.Tensor, grad: torch.Tensor) -> None:
        """`grad` is that of the output layer's values for a chunk of states."""
        if self.states is not None:
            self.states[part] = grad @ self._head.weight
        if self.weight is not None:
            self.weight += grad.t() @ states
        if self.bias is not None:
            self.bias += grad.sum(0, dtype=self.bias.dtype)

    def all(self) -> tuple[torch.Tensor | None, ...]:
        return self.states, self.weight, self.bias
