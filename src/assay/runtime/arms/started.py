"""Run a module's `main` in a process that ends with the one that started it; started with MODULE
FOLDER.

Why   the imports of a worker take seconds. Were the kernel asked after them only, a worker whose
      parent is killed meanwhile would import to the end for nobody
"""

import importlib
import sys
from pathlib import Path

from assay.runtime.arms.process import die_with_parent

if __name__ == "__main__":
    die_with_parent()
    del sys.argv[0]  # as where the module itself is run
    sys.exit(importlib.import_module(sys.argv[0]).main(*map(Path, sys.argv[1:])))
