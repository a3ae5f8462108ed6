"""Answers are compared once for a report, and again for the next."""

import os
import shutil

import pytest

from assay.web.decide_desk import DecideDesk

pytestmark = pytest.mark.slow


def test_a_report_is_read_once_and_its_next_one_again(finished_run, tmp_path):
    folder = tmp_path / "small"
    shutil.copytree(finished_run, folder)
    desk = DecideDesk(folder)
    first = desk.newest()
    assert desk.newest() is first
    os.utime(folder / "report" / "report.json", ns=(1, 1))
    assert desk.newest() is not first
