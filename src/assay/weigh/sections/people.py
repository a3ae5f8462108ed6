"""The part of the report on what people say of the answers."""

from typing import Any

KEY = "people"
TITLE = "People"
HOW = "assay review"


def markdown(data: dict[str, Any]) -> list[str]:
    return []
