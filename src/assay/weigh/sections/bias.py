"""The part of the report on whether answers change with who is spoken of."""

from typing import Any

KEY = "bias"
TITLE = "Bias"
HOW = "validate: {bias: true}"


def markdown(data: dict[str, Any]) -> list[str]:
    return []
