"""A process that applies row steps to chunks of rows: `python -m assay.data.parallel.worker`.

How       a request is one line of JSON on stdin, its answer one line on stdout; nothing is written
          to disk
Ends      when its stdin ends: with the process that started it, however that one ended
"""

import json
import os
import sys
import threading
import traceback
from queue import SimpleQueue
from typing import Any

from assay.core.errors import AssayError
from assay.core.processes import error_to_json
from assay.core.types import Example, Means, RowStep
from assay.data.parallel.outcomes import decode_line, encode_line, of_rows, to_json
from assay.data.steps import STEPS


class Hand:
    """Steps and means as plain settings, made once and used for every chunk."""

    def __init__(self) -> None:
        self._settings = ""
        self._steps: tuple[RowStep, ...] = ()

    def work(self, request: bytes) -> bytes:
        """The fates of a chunk, or the problems that a step raised."""
        value = decode_line(request)
        means = Means(seed=value["seed"], key=bytes.fromhex(value["key"]))
        rows = [Example.from_json(row) for row in value["rows"]]
        try:
            steps = self._build_steps(value["steps"])
            return encode_line(
                {
                    "fates": [
                        to_json(fate) for fate in of_rows(steps, rows, means, value["official"])
                    ]
                }
            )
        except AssayError as error:
            return encode_line({"error": error_to_json(error)})

    def _build_steps(self, settings: list[dict[str, Any]]) -> tuple[RowStep, ...]:
        """The steps; the same objects while the settings stay, since a step may hold what it has
        loaded."""
        text = json.dumps(settings)
        if text != self._settings:
            kinds = {cls.model_fields["kind"].default: cls for cls in STEPS}
            made = [kinds[value["kind"]].model_validate(value) for value in settings]
            self._steps = tuple(step for step in made if isinstance(step, RowStep))
            self._settings = text
        return self._steps


def main() -> None:
    requests: SimpleQueue[bytes] = SimpleQueue()

    def listen() -> None:
        for line in sys.stdin.buffer:
            requests.put(line)
        os._exit(0)  # at once: nobody waits for the chunk at hand

    # What a step prints must not stand between the answers.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    threading.Thread(target=listen, daemon=True).start()
    hand = Hand()
    try:
        while True:
            answers.write(hand.work(requests.get()))
            answers.flush()
    finally:  # at once, since the thread that listens would hold up the end
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(70)


if __name__ == "__main__":
    main()
