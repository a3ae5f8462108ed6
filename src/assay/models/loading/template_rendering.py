"""What a chat template does when it is rendered, tried once in a process that can be ended.

Why     its syntax tree (`template_check.py`) shows no cost: three loops of 1,000 in each other are
        three loops
How     conversations of 1 to 1,000 messages and a long one, in a child with 2 seconds of the
        processor and 256 MB for all of them; afterwards it is rendered in the process that needs
        it. A template is tried once: what came of it is kept under its hash
Sees    in place of every text a mark, as it does when assay asks a model, so no text can set it off
"""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

from assay.core import store
from assay.models.loading import template_process
from assay.models.loading.model_cache import cache_folder

SECONDS = 2  # of the processor
MEMORY = 256 << 20  # bytes of address space
WALL = 600.0  # seconds: a template cannot wait for anything, but the machine may be busy
VERSION = 1  # raise it when other templates are refused
SPENT = f"rendering it takes more than {SECONDS} seconds of the processor"
HELD = f"rendering it takes more than {MEMORY >> 20} MB"


def exhausts(template: str) -> str:
    """What the template wants too much of; "" where it can be rendered. It must have passed
    `template.objections`."""
    note = (
        cache_folder()
        / "templates"
        / f"{store.digest([VERSION, SECONDS, MEMORY, template])[:32]}.json"
    )
    try:
        return str(store.read_json(note)["refused"])
    except (OSError, ValueError, KeyError, TypeError):
        pass  # not tried yet, or the note cannot be read
    found = _try_template(template)
    store.write_json(note, {"refused": found})
    return found


def _try_template(template: str) -> str:
    places = [importlib.util.find_spec(name) for name in ("jinja2", "markupsafe")]
    paths = sorted({str(Path(spec.origin).parents[1]) for spec in places if spec and spec.origin})
    job = {"template": template, "paths": paths, "seconds": SECONDS, "memory": MEMORY}
    command = [sys.executable, "-I", "-S", template_process.__file__]
    try:
        done = subprocess.run(
            command, input=json.dumps(job).encode(), capture_output=True, timeout=WALL
        )
    except subprocess.TimeoutExpired:
        return SPENT
    if done.returncode < 0:  # ended by a limit, SIGXCPU or SIGKILL
        return SPENT
    if done.returncode or not done.stdout:
        return HELD if b"MemoryError" in done.stderr else "it cannot be compiled"
    said = json.loads(done.stdout)
    return HELD if said == "memory" else said
