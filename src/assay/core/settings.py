"""Frozen settings: what a project file holds, in the class that uses it."""

from typing import Any, Self

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """Frozen settings; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def non_defaults(self) -> dict[str, Any]:
        """The settings that differ from their defaults, as plain JSON: what names an arm and keys
        the cache."""
        return self.model_dump(mode="json", exclude_defaults=True)

    def but(self, **given: Any) -> Self:
        """The same with what is given in its place; None is not given."""
        return self.model_copy(
            update={name: value for name, value in given.items() if value is not None}
        )


def one_or_many(value: Any) -> Any:
    """One text is short for a list of it: a validator `before` of a setting that is a tuple."""
    return (
        (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list) else value
    )
