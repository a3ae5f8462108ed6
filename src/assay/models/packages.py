"""The packages that compute neural models: the extra `models`, which the core does without.

Imports none of them.
"""

import importlib.util
from collections.abc import Iterable

from assay.core.errors import Problem, ResourceError

PACKAGES = ("torch", "transformers", "peft", "gguf")  # as they are imported
INSTALL = "pip install 'assay[models]'"


def lacking() -> list[str]:
    """Those of them that are not installed."""
    return [name for name in PACKAGES if importlib.util.find_spec(name) is None]


def need(models: Iterable[str], place: str = "", way: str = "") -> None:
    """Say what is missing before anything is fetched or loaded.

    Args:
        models: names of models that are to be computed on this machine; nothing is needed where
            there are none.
        place: the key of the project file that asks for them. way: what can be done instead.

    Raises:
        ResourceError: R007, with the command that installs it.
    """
    if not (names := list(dict.fromkeys(models))) or not (gone := lacking()):
        return
    verb = "is" if len(gone) == 1 else "are"
    text = f"{', '.join(names)} cannot be computed here: {', '.join(gone)} {verb} not installed"
    raise ResourceError(
        Problem("R007", text, place, help="; or ".join(filter(None, (INSTALL, way))))
    )
