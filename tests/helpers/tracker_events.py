"""What a strategy tells that trackers are given, and its log given to one."""

import threading
from datetime import UTC, datetime
from pathlib import Path

from assay.core.types import Tell
from assay.runtime.events.log import NAME, log_events
from assay.runtime.events.tracker_process import send_events
from assay.runtime.events.trackers import Sender, open_tracker, tracker_folder

BEGUN = datetime(2026, 3, 1, 10, 0, 0, tzinfo=UTC)


def step(done: int, arm: str = "lora", **values) -> dict:
    return {
        "stage": arm,
        "event": "progress",
        "unit": "step",
        "done": done,
        "total": 4,
        "values": values,
    }


EVENTS = [
    {"event": "stage", "name": "lora", "state": "start"},
    {
        "event": "arm",
        "stage": "lora",
        "kind": "lora",
        "settings": {"rank": 8, "targets": ["q", "v"], "inner": {"kind": "x"}},
        "seed": 3,
        "key": "abcdef0123",
        "data": {"train": "12ab"},
    },
    {"stage": "lora", "event": "progress", "unit": "answer", "done": 1, "total": 2},
    step(1, train=2.0, lr=1e-3, norm=0.5, memory=2**30, val=9.0),
    step(2, train=1.5, lr=2e-3),
    # resumed
    {"event": "arm", "stage": "lora", "kind": "lora", "settings": {"rank": 8}, "key": "abcdef0123"},
    step(2, train=1.25, lr=2e-3),
    {
        "stage": "lora",
        "event": "evaluation",
        "step": 2,
        "train_loss": 1.75,
        "val_loss": 1.6,
        "val_se": 0.1,
        "val": 0.5,
    },
    step(3, train=1.0),
    {
        "event": "stage",
        "name": "lora",
        "state": "done",
        "metric": "accuracy 0.741",
        "value": 0.7412,
    },
    {"event": "note", "text": "x"},
]


ARM = EVENTS[1]
DONE = EVENTS[-2]


def log_all(work: Path, tell: Tell = lambda event: None) -> Tell:
    """`tell` that writes every event down, however quickly they come."""
    return log_events(tell, work / NAME, clock=iter(range(999)).__next__)


def send(work: Path, to: str, begun: int = 0, project: str = "tickets") -> None:
    """Give the log to a tracker as the process of a run does, to the end of the log."""
    ended = threading.Event()
    ended.set()
    sender = Sender(open_tracker(to, project, tracker_folder(work, to)))
    send_events(sender, work / NAME, begun, ended)
    if to == "wandb":  # which writes to the end when a process ends
        import wandb

        wandb.teardown()


def send_interrupted(work: Path, to: str, project: str = "tickets") -> None:
    """A run that is killed after its second step, and one that goes on from the first; the second
    one's process is ended too, and starts anew."""
    tell = log_all(work)
    for event in (ARM, step(1, train=4.0), step(2, train=3.0)):
        tell(event)
    send(work, to, project=project)
    begun = (work / NAME).stat().st_size
    for event in (ARM, step(2, train=3.0), step(3, train=2.0), step(4, train=1.0), DONE):
        tell(event)
    send(work, to, begun, project)
    send(work, to, begun, project)


def log_search(work: Path) -> None:
    """A search of one trial that is trained, and another strategy after it."""
    trial = {"event": "trial", "stage": "lora", "trial": 0, "trials": 2}
    trial |= {"values": {"rank": 2, "embed": "words"}}
    moved = {"event": "progress", "stage": "lora", "trial": 0, "done": 10, "total": 200}
    tell = log_all(work)
    for event in (
        ARM,
        {**trial, "state": "start"},
        {**moved, "unit": "search", "step": 1, "steps": 9, "values": {"train": 2.0}},
        {**trial, "state": "complete", "score": 0.5, "seconds": 1.0},
        DONE,
        {**ARM, "stage": "other"},
        {**DONE, "name": "other"},
    ):
        tell(event)
