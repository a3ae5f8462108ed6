"""The part of the report on how long each arm takes until it answers by a change."""

from typing import Any

KEY = "update_drill"
TITLE = "Updates"
HOW = "validate: {update_drill: true}"


def markdown(data: dict[str, Any]) -> list[str]:
    return []
