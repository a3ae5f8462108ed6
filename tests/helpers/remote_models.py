"""What tests of remote models ask, with a planted key and waits that take no time."""

import threading

from assay.core.types import Message
from assay.models.remote.remote_model import RemoteModel

KEY = "sk-planted0123456789abcdefghij"


class Noted(threading.Event):
    """Notes how long is waited for it, and lets nobody wait."""

    def __init__(self):
        super().__init__()
        self.waits: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.waits.append(timeout or 0.0)
        return self.is_set()


def ask(text: str) -> tuple[Message, ...]:
    return (Message("system", "Answer."), Message("user", text))


def texts(model: RemoteModel, *asked: str, max_tokens: int = 8, **more) -> list[str]:
    return [
        one.text
        for one in model.generate([ask(text) for text in asked], max_tokens=max_tokens, **more)
    ]
