"""The settings of a question that is asked beside the scores: when it is asked, and what each
question adds."""

from typing import Any, Literal

from assay.core.types import Settings


class QuestionSettings(Settings):
    """`true` and settings of its own ask in every run, `false` in none. Left out, it is asked in
    full depth."""

    when: Literal["full", "always", "never"] = "full"

    def is_enabled(self, depth: str) -> bool:
        """Whether it is asked in a run of this depth, "quick" or "full"."""
        if self.when == "full":
            return depth == "full" or bool(self.non_defaults())
        return self.when == "always"


def spelt_out(section: type[Settings], value: Any) -> Any:
    """The section's value with `true` and `false` in the place of a question as its settings, and a
    name in the place of one that has a model as that. It is done before the check: a validator
    inside would have what comes from a file checked as what is built in Python."""
    if not isinstance(value, dict):
        return value
    kinds: dict[str, Any] = {name: field.annotation for name, field in section.model_fields.items()}
    short = {
        key
        for key in value
        if isinstance(kinds.get(key), type) and issubclass(kinds[key], QuestionSettings)
    }
    when = {True: "always", False: "never"}
    spelt = {
        key: {"when": when[v]} if key in short and isinstance(v, bool) else v
        for key, v in value.items()
    }
    named = {
        key for key in short if isinstance(value[key], str) and "model" in kinds[key].model_fields
    }
    return spelt | {key: {"model": value[key]} for key in named}
