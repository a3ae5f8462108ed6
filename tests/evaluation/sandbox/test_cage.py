"""Where no sandbox can be made, it is said why."""

import pytest

from assay.core.errors import ResourceError
from assay.evaluation.sandbox import cage


def test_without_bubblewrap_nothing_runs(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ResourceError) as refused:
        cage.find_cage()
    assert refused.value.problems[0].code == "R031" and refused.value.exit_code == 4


def test_a_bubblewrap_that_can_make_no_sandbox_is_told(monkeypatch, tmp_path):
    (tmp_path / "bwrap").write_text(
        "#!/bin/sh\necho no permissions to create a new namespace >&2\nexit 1\n"
    )
    (tmp_path / "bwrap").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(ResourceError) as refused:
        cage.find_cage()
    assert (
        refused.value.problems[0].code == "R032"
        and "no permissions" in refused.value.problems[0].text
    )
