"""The server does what its OpenAPI says: requests that schemathesis makes from it, right and wrong
ones."""

import warnings

import pytest
from hypothesis import HealthCheck, given, settings

from assay.deployment.server.app import House, app
from assay.deployment.server.limits import ServerLimits
from helpers.nights import nightly_but
from helpers.small_engine import SmallEngine

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of libraries that schemathesis imports
    import schemathesis
    from schemathesis.checks import not_a_server_error
    from schemathesis.specs.openapi.checks import (
        content_type_conformance,
        negative_data_rejection,
        response_schema_conformance,
        status_code_conformance,
    )

MODE = schemathesis.GenerationMode
CASES = 40  # of each operation, right and wrong
# Not `positive_data_acceptance`: rules between two fields, such as top_logprobs without logprobs,
# stand in no schema.
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
]


@pytest.mark.slow
@pytest.mark.parametrize("mode", nightly_but([MODE.POSITIVE], MODE), ids=lambda mode: mode.value)
def test_every_operation(arms, mode):
    from helpers.letters import letters

    engine = SmallEngine(arms, letters, queue_size=1000)
    made = app(
        engine,
        ServerLimits(hosts=()),
        House(log=lambda row: None, feedback=lambda row: row["id"].startswith("chat")),
    )
    schema = schemathesis.openapi.from_asgi("/openapi.json", made)
    operations = [found.ok() for found in schema.get_all_operations()]
    assert {one.path for one in operations} >= {
        "/v1/chat/completions",
        "/v1/completions",
        "/v1/embeddings",
        "/ready",
    }
    tried = []

    for operation in operations:
        if mode is MODE.NEGATIVE and operation.method != "post":
            continue

        @settings(
            max_examples=CASES,
            database=None,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask(case):
            tried.append(case)
            named(case)
            response = case.call()
            # A body that is too large is refused as such (413), which schemathesis does not count
            # as a refusal.
            checks = [
                one
                for one in CHECKS
                if response.status_code != 413 or one is not negative_data_rejection
            ]
            case.validate_response(response, checks=checks)

        ask()
    engine.close(0)
    assert len(tried) > 100


def named(case):
    """A name that is served in place of one that is made up, so that requests come as far as the
    engine."""
    name = case.body.get("model") if isinstance(case.body, dict) else None
    if isinstance(name, str) and 0 < len(name) <= 200:  # one that the schema allows
        case.body["model"] = "letters" if "input" in case.body else "long"
