"""Earlier names of modules: understood until version 0.3, each with a DeprecationWarning.

`import assay` installs the finder, so that no file has to stand where a module once stood.
"""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import CodeType, ModuleType
from typing import Any

MOVED = {
    "assay.adapters": "assay.deployment.adapters",
    "assay.curate": "assay.data",
    "assay.curate.pii": "assay.data.pii",
    "assay.curate.pii.reverse": "assay.data.pii.reverse",
    "assay.errors": "assay.core.errors",
    "assay.events": "assay.runtime.events.log",
    "assay.model": "assay.models",
    "assay.nouns": "assay.core.types",
    "assay.prompt": "assay.strategies",
    "assay.train": "assay.strategies",
    "assay.train.methods": "assay.strategies.training",
    "assay.use": "assay.strategies",
    "assay.validate": "assay.evaluation",
}


class MovedModules(MetaPathFinder, Loader):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname not in MOVED:
            return None
        above = any(name.startswith(f"{fullname}.") for name in MOVED)
        return ModuleSpec(fullname, self, is_package=above)

    def exec_module(self, module: ModuleType) -> None:
        new = MOVED[module.__name__]
        warnings.warn(f"{module.__name__} is called {new} now", DeprecationWarning, stacklevel=2)
        home = importlib.import_module(new)
        # Not the module itself: the import system would write the earlier name into it.
        module.__dict__.update({n: v for n, v in vars(home).items() if not n.startswith("__")})

    def get_code(self, fullname: str) -> CodeType | None:
        """What `python -m` runs."""
        spec = find_spec(MOVED[fullname])
        loader: Any = spec.loader if spec else None
        return loader.get_code(MOVED[fullname]) if loader else None


def install() -> None:
    if not any(isinstance(one, MovedModules) for one in sys.meta_path):
        sys.meta_path.append(MovedModules())
