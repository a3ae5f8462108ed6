"""In every process of a command that has this folder on its path: the clock on the wall jumps.

How   JUMPING="<seed>": each look at the time is up to ten days before or after the true one. The
      clock that only goes forward (`time.monotonic`) is left alone, as systems leave it."""

import os
import random
import time

if _SEED := os.environ.get("JUMPING"):
    _draw, _time = random.Random(_SEED), time.time

    def jumping() -> float:
        return _time() + _draw.uniform(-864_000, 864_000)

    time.time, time.time_ns = jumping, lambda: int(jumping() * 1e9)
