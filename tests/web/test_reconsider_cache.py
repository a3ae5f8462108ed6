"""Answers are compared once for a report, and again for the next."""

import os
import shutil

import pytest

from assay.web.reconsider_cache import ReconsiderCache

pytestmark = pytest.mark.slow


def test_a_report_is_read_once_and_its_next_one_again(finished_run, tmp_path):
    folder = tmp_path / "small"
    shutil.copytree(finished_run, folder)
    cache = ReconsiderCache(folder)
    first = cache.newest()
    assert cache.newest() is first
    os.utime(folder / "report" / "report.json", ns=(1, 1))
    assert cache.newest() is not first
