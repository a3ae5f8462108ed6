"""Requests that schemathesis makes from the server's OpenAPI, right and wrong ones, against `assay
serve` on a port.

    python benchmarks/fuzz_serve.py PROJECT [--cases 10000] [--arms base,tfidf] [--first 0]

What must hold   no status from 500 on; every status, type and body as the OpenAPI says; what the
                 schema forbids is refused. Names of models are replaced by names that are served,
                 so that requests reach the engine.
Not asked        that all the schema allows is taken: rules between two fields, such as
                 `top_logprobs` without `logprobs`, stand in no schema

Prints a table of operations and statuses, and writes benchmarks/out/fuzz_serve.json.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from assay.core.store import write_json

OUT = Path(__file__).parent / "out" / "fuzz_serve.json"
LONGEST = 200  # letters of a model's name
SHORT = 3  # tokens of an answer whose length a case leaves open
ROUND = 40  # cases of an operation before the next one
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
]


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("project", type=Path)
    options.add_argument("--cases", type=int, default=10_000)
    options.add_argument("--arms", default="base,tfidf")
    options.add_argument(
        "--first", type=int, default=0, help="number of the first round: to come back to a failure"
    )
    given_ = options.parse_args()
    begun = time.monotonic()
    with serving(given_.project, given_.arms.split(",")) as address:
        found = Fuzz(address, given_.arms.split(","))
        number = given_.first
        while found.cases < given_.cases:
            found.round(number)
            number += 1
            print(f"{found.cases:,} cases", file=sys.stderr, flush=True)
    told = {
        "cases": found.cases,
        "seconds": round(time.monotonic() - begun, 1),
        "failures": found.failures,
    }
    told["statuses"] = {
        name: dict(sorted(counts.items())) for name, counts in found.statuses.items()
    }
    write_json(OUT, told)
    print(f"{found.cases:,} cases in {told['seconds']:,} s, {len(found.failures)} failures\n")
    print("| operation | statuses |\n|---|---|")
    for name, counts in told["statuses"].items():
        print(
            f"| {name} | {', '.join(f'{status}: {count:,}' for status, count in counts.items())} |"
        )
    for failure in found.failures:
        print(f"\n{failure}")
    return 1 if found.failures else 0


@contextmanager
def serving(project: Path, arms: list[str]) -> Iterator[str]:
    """The address of `assay serve` with a log, so that /v1/feedback is there."""
    with tempfile.TemporaryDirectory() as place:
        command = [
            sys.executable,
            "-m",
            "assay.cli",
            "serve",
            str(project),
            f"--with={','.join(arms)}",
            "--json",
            "--port=0",
        ]
        with subprocess.Popen(
            [*command, "--log", f"{place}/log.jsonl"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as process:
            assert process.stdout
            try:
                yield json.loads(process.stdout.readline())["address"]
            finally:
                process.terminate()
                process.wait(60)


class Fuzz:
    def __init__(self, address: str, arms: list[str]):
        self.arms = arms
        self.cases = 0
        self.statuses: dict[str, Counter[int]] = defaultdict(Counter)
        self.failures: list[str] = []
        schema = schemathesis.openapi.from_url(f"{address}/openapi.json")
        self.operations = [one.ok() for one in schema.get_all_operations()]

    def round(self, number: int) -> None:
        for operation in self.operations:
            asks = operation.method == "post"
            for mode in GenerationMode if asks else [GenerationMode.POSITIVE]:
                self._some(operation, mode, number, ROUND if asks else 2)

    def _some(self, operation: Any, mode: GenerationMode, number: int, count: int) -> None:
        @seed(number)
        @settings(
            max_examples=count,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask(case: Any) -> None:
            self._ask(operation, case)

        ask()

    def _ask(self, operation: Any, case: Any) -> None:
        name = case.body.get("model") if isinstance(case.body, dict) else None
        if isinstance(name, str) and 0 < len(name) <= LONGEST:  # one that the schema allows
            case.body["model"] = self.arms[self.cases % len(self.arms)]
            if operation.path.endswith("completions") and "max_completion_tokens" not in case.body:
                case.body.setdefault("max_tokens", SHORT)
        self.cases += 1
        try:
            response = case.call(timeout=120)
        # no answer at all is a failure too, and the others are still asked
        except Exception as error:  # noqa: BLE001
            self._failed(operation, case, repr(error), "")
            return
        self.statuses[operation.label][response.status_code] += 1
        # A body that is too large is refused as such (413), which schemathesis does not count as a
        # refusal.
        checks = [
            one
            for one in CHECKS
            if response.status_code != 413 or one is not negative_data_rejection
        ]
        try:
            case.validate_response(response, checks=checks)
        except (Failure, FailureGroup) as failure:
            self._failed(operation, case, str(failure), response.text)

    def _failed(self, operation: Any, case: Any, why: str, said: str) -> None:
        print(f"failure: {operation.label}: {why[:300]}", file=sys.stderr, flush=True)
        if len(self.failures) < 10:
            self.failures.append(f"{operation.label}: {why}\n{str(case.body)[:400]}\n{said[:300]}")


if __name__ == "__main__":
    sys.exit(main())
