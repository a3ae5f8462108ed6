"""Whether a sandbox can be made at all: take the limits and end."""

import json
import sys

from assay.evaluation.sandbox.inside.enter import enter


def main() -> None:
    enter(json.loads(sys.stdin.buffer.read())["user"])
