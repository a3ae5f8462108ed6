import random

import pytest

from assay.models.remote.rate_limit import TokenBucket, back_off, retry_after


def test_a_bucket_lets_its_rate_through_and_no_more():
    now = [0.0]
    bucket = TokenBucket(60, lambda: now[0])
    assert [bucket.take(1) for _ in range(10)] == [0.0] * 10  # ten seconds' worth at once
    assert bucket.take(1) == pytest.approx(1.0) and bucket.take(1) == pytest.approx(2.0)
    now[0] = 2.0
    assert bucket.take(0) == 0.0
    bucket.take(-3)
    assert [bucket.take(1) for _ in range(3)] == [0.0] * 3
    assert TokenBucket(0, lambda: 0.0).take(1e9) == 0.0


def test_full_jitter_is_between_nothing_and_twice_as_long_each_time():
    draw = random.Random(1)
    for failures, most in ((1, 1), (2, 2), (3, 4), (12, 60)):
        waits = [back_off(failures, draw) for _ in range(400)]
        assert 0 <= min(waits) < most * 0.05 and most * 0.95 < max(waits) <= most
    assert back_off(3, random.Random(7)) == back_off(3, random.Random(7))


def test_retry_after_is_read_as_seconds_milliseconds_and_date():
    from datetime import UTC, datetime

    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert retry_after({"retry-after": "3"}) == 3.0
    assert retry_after({"retry-after-ms": "250", "retry-after": "9"}) == 0.25
    assert retry_after({"retry-after": "Thu, 01 Jan 2026 00:00:30 GMT"}, now) == 30.0
    assert retry_after({"retry-after": "soon"}) is None and retry_after({}) is None
