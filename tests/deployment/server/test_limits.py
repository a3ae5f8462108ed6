"""Who may ask, how often, and under which name."""

import pytest

from assay.deployment.server.limits import Keys, Rate, host_of, same_origin


def test_a_bucket_refills_with_time():
    now = [0.0]
    rate = Rate(60, clock=lambda: now[0])  # one a second, sixty at once
    assert [rate.wait("a") for _ in range(60)] == [0.0] * 60
    assert rate.wait("a") == pytest.approx(1.0) and rate.wait("b") == 0.0
    now[0] = 2.0
    assert rate.wait("a") == rate.wait("a") == 0.0 and rate.wait("a") == pytest.approx(1.0)
    assert Rate(0).wait("a") == 0.0


def test_keys_hosts_and_origins():
    keys = Keys(["one-key-of-some-length", "two"])
    assert (
        keys.caller(b"Bearer two") == "key-1"
        and keys.caller(b"bearer one-key-of-some-length") == "key-0"
    )
    assert keys.caller(b"Bearer tw") is None and keys.caller(b"two") is None and not Keys([])
    assert (
        host_of("localhost:80") == "localhost"
        and host_of("[::1]:80") == "::1"
        and host_of("[::1") == ""
    )
    assert same_origin("http://localhost:80", "localhost:80") and not same_origin(
        "http://localhost", "localhost:80"
    )
    assert not same_origin("null", "") and not same_origin("file://", "")
