"""Rights of what is written: the owner alone, or as the user has files."""

import os
import stat

from assay.core import store
from assay.core.errors import ResourceError
from assay.core.file_ownership import is_private, private
from helpers.problems import problem


def test_a_file_has_the_rights_that_the_user_gives_to_new_ones(tmp_path, forked):
    def work():
        os.umask(0o027)
        store.write_bytes(tmp_path / "a", b"x")

    assert forked(work) == 0
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o640


def test_below_a_private_folder_all_is_the_owners_alone(tmp_path, forked):
    def work():
        os.umask(0o022)
        private(tmp_path / "work")
        store.write_bytes(tmp_path / "work" / "fit" / "a", b"x")
        store.write_bytes(tmp_path / "report" / "a", b"x")

    assert forked(work) == 0
    assert rights(tmp_path / "work") == rights(tmp_path / "work" / "fit") == 0o700
    assert rights(tmp_path / "work" / "fit" / "a") == 0o600
    assert rights(tmp_path / "report") == 0o755 and rights(tmp_path / "report" / "a") == 0o644
    assert is_private(tmp_path / "work" / "fit") and not is_private(tmp_path / "report")


def test_a_folder_that_an_earlier_version_left_open_is_closed(tmp_path):
    (tmp_path / "work").mkdir()
    (tmp_path / "work").chmod(0o755)
    private(tmp_path / "work")
    private(tmp_path / "work")  # no matter how often
    assert rights(tmp_path / "work") == 0o700


def test_a_place_where_a_file_stands_is_a_named_error(tmp_path):
    (tmp_path / "work").write_text("")
    with problem(ResourceError, "R002", "work"):
        private(tmp_path / "work")


def rights(path):
    return stat.S_IMODE(path.stat().st_mode)
