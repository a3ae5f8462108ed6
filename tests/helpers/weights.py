"""What a training has learnt."""

from typing import Any


def weights(training: Any) -> tuple[dict[str, Any], Any]:
    """Run it: its trained weights, and its progress."""
    progress = training.run()
    return {name: p.detach().clone() for name, p in training.change.trained.items()}, progress
