"""The part of the report on what a typing error, another case, a lure or a longer text does to the answers."""

from typing import Any

KEY = "robustness"
TITLE = "Robustness"
HOW = "validate: {robustness: true}"


def markdown(data: dict[str, Any]) -> list[str]:
    return []
