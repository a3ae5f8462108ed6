"""The part of the report on what trained arms can no longer do."""

from typing import Any

KEY = "forgetting"
TITLE = "Forgetting"
HOW = "validate: {forgetting: true}"


def markdown(data: dict[str, Any]) -> list[str]:
    return []
