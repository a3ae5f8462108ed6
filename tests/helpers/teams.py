"""Processes that train together, forked from the test: quick, and their work may be any
function."""

import json
import os
import tempfile
import warnings
from pathlib import Path

import torch
from torch.distributed import FileStore

from assay.core.errors import TrainError
from assay.training.distributed.process_group import meeting


def side_by_side(folder, size, work):
    """`work(team)` in each of `size` processes. Returns what each gave, as JSON; the code of its
    TrainError; the text of another error; minus the signal that ended it. The parent may never have
    started more than one thread."""
    place = Path(tempfile.mkdtemp(dir=folder))
    pids = []
    for rank in range(size):
        with warnings.catch_warnings():
            # 3.12: pytest-xdist has threads, none holds a lock
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if not child:
            _member(place, rank, size, work)
        pids.append(child)
    ends = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids]
    return [
        code or json.loads((place / f"{rank}.json").read_text()) for rank, code in enumerate(ends)
    ]


def _member(place, rank, size, work):
    # In a forked child torch replaces its thread pool at the first use, and two of the threads that
    # load a model would race for that: one in fifty children died of it.
    torch.set_num_threads(1)
    try:
        with meeting(FileStore(str(place / "store"), size), rank, size, rank) as team:
            said = work(team)
    except TrainError as error:
        said = error.problems[0].code
    except BaseException as error:  # noqa: BLE001  (the child must never return into pytest)
        said = repr(error)
    (place / f"{rank}.json").write_text(json.dumps(said))
    os._exit(0)
