"""Frozen settings: what a project file holds, in the class that uses it."""

from typing import Any

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """Frozen settings; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def changed(self) -> dict[str, Any]:
        """The settings that differ from their defaults, as plain JSON: what names an arm and keys the cache."""
        return self.model_dump(mode="json", exclude_defaults=True)
