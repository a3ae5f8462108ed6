"""The part of the report on what more labelled rows would bring."""

from typing import Any

KEY = "learning_curve"
TITLE = "More labels"
HOW = "validate: {learning_curve: true}"


def markdown(data: dict[str, Any]) -> list[str]:
    return []
