"""What may cross between the two sandboxes: plain values, written as JSON, one frame each.

Plain      None, bool, int, float, complex, str, bytes, list, tuple, set, frozenset, dict, range,
           Decimal, Fraction and the types that are built in (int, list)
Others     are handed to `keep`, which gives a handle or refuses: an object never crosses, and so
           neither does its `__eq__`. Subclasses of plain types (Counter, namedtuple) cross as what
           they are made of
Limits     4 MiB a frame, 100 levels
"""

from __future__ import annotations

import builtins
import json
import struct
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    Keep = Callable[[Any], list[Any]]

FRAME = 4 << 20
DEPTH = 100
SAFE = 2**53
READY = "ready"  # the first message of the program's side
# A value of these can only be there where its module was imported; importing them takes as long as
# all else here.
NUMBERS = {"D": ("decimal", "Decimal"), "F": ("fractions", "Fraction")}


def refuse(value: Any) -> list[Any]:
    raise TypeError(f"a {type(value).__name__} cannot be sent between the program and its tests")


def encode(value: Any, keep: Keep = refuse, depth: int = 0) -> Any:
    """The value as JSON can hold it.

    Raises:
        TypeError: it is not plain, and `keep` refuses it. ValueError: it is nested too deep.
    """
    if depth > DEPTH:
        raise ValueError(f"nested deeper than {DEPTH}")
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value) if -SAFE < value < SAFE else ["i", hex(value)]
    if isinstance(value, float):
        return float(value)
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, dict):
        return [
            "d",
            [[encode(k, keep, depth + 1), encode(v, keep, depth + 1)] for k, v in value.items()],
        ]
    for tag, kind in (("l", list), ("t", tuple), ("s", set), ("f", frozenset)):
        if isinstance(value, kind):
            return [tag, [encode(one, keep, depth + 1) for one in value]]
    return _rare(value, keep)


def _rare(value: Any, keep: Keep) -> list[Any]:
    if isinstance(value, bytes | bytearray):
        return ["b" if isinstance(value, bytes) else "B", value.hex()]
    if isinstance(value, complex):
        return ["c", value.real, value.imag]
    if isinstance(value, range):
        return ["r", *(encode(one) for one in (value.start, value.stop, value.step))]
    if isinstance(value, type) and getattr(builtins, value.__name__, None) is value:
        return ["n", value.__name__]
    for tag, (module, name) in NUMBERS.items():
        if module in sys.modules and isinstance(value, getattr(sys.modules[module], name)):
            return [tag, str(value)]
    return keep(value)


def decode(value: Any, find: Callable[[str, Any], Any]) -> Any:
    """The value again; `find(kind, number)` gives what a handle stands for.

    Raises:
        ValueError, TypeError: it is none of `encode`'s.
    """
    if not isinstance(value, list):
        return value
    tag, *rest = value
    if tag in "ltsf":
        made = [decode(one, find) for one in rest[0]]
        return {"l": list, "t": tuple, "s": set, "f": frozenset}[tag](made)
    if tag == "d":
        return {decode(k, find): decode(v, find) for k, v in rest[0]}
    if tag == "h":
        return find(rest[0], rest[1])
    if tag == "r":
        return range(*(decode(one, find) for one in rest))
    if tag == "n" and isinstance(kind := getattr(builtins, rest[0]), type):
        return kind
    if tag in NUMBERS:
        module, name = NUMBERS[tag]
        return getattr(__import__(module), name)(rest[0])
    kinds: dict[str, Callable[..., Any]] = {
        "i": lambda text: int(text, 16),
        "b": bytes.fromhex,
        "B": bytearray.fromhex,
        "c": complex,
    }
    return kinds[tag](*rest)


def send(channel: Any, message: Any) -> None:
    """Raises: ValueError: the message is larger than a frame may be. OSError: nobody is there."""
    data = json.dumps(message).encode()
    if len(data) > FRAME:
        raise ValueError(f"a value of over {FRAME >> 20} MiB")
    channel.sendall(struct.pack("!I", len(data)) + data)


def receive(channel: Any) -> Any:
    """The next message. Raises: EOFError: the other side has ended. ValueError: it sent no
    message."""
    size = struct.unpack("!I", _exactly(channel, 4))[0]
    if size > FRAME:
        raise ValueError("a frame that is too long")
    return json.loads(_exactly(channel, size))


def _exactly(channel: Any, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        part = channel.recv(min(size - len(data), 1 << 16))
        if not part:
            raise EOFError("the other side has ended")
        data += part
    return bytes(data)
