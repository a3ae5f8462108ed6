"""The project file: what is right loads to settings and back; what is wrong is said at once, in the
file's words."""

import json
import string
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assay import config
from assay.core.errors import ProjectError
from helpers.problems import unnamed

FIXTURES = Path(__file__).parent / "fixtures"
# Of each bad file, its problems in order: code, line (0: none), key, and what the message names
# beside them: the value, what is allowed, the nearest spelling. How that is said is free.
EXPECTED = json.loads((FIXTURES / "expected.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("stem", EXPECTED)
def test_every_problem_of_a_bad_file_has_its_code_its_place_and_its_way_out(stem: str):
    with pytest.raises(ProjectError) as caught:
        config.load(FIXTURES / f"{stem}.yaml")
    found = caught.value.problems
    assert caught.value.name == f"{stem}.yaml"
    wanted = [
        (one["code"], [f"{stem}.yaml" + f":{one['line']}" * (one["line"] > 0), *one["key"].split()])
        for one in EXPECTED[stem]
    ]
    assert [(told.code, told.place.split()) for told in found] == wanted
    for told, one in zip(found, EXPECTED[stem], strict=True):
        assert not unnamed(told, *one["names"]), told


def test_every_bad_file_is_expected_to_have_the_code_that_it_is_named_for():
    assert set(EXPECTED) == {path.stem for path in FIXTURES.glob("*.yaml")}
    for stem, rows in EXPECTED.items():
        assert stem == "many" or stem.partition("_")[0].upper() in {row["code"] for row in rows}


@given(
    st.binary(max_size=200) | st.text(string.printable + "é\u2028", max_size=200).map(str.encode)
)
@example(b'a: "\\ud800"\ndata: {files: {data: "\\ud800"}}')
@example(b"data: {files: {data: x}}\ncompare: [{kind: [a]}, {kind: null}, null, 3]")
def test_no_file_brings_a_traceback(tmp_path_factory: pytest.TempPathFactory, data: bytes):
    path = tmp_path_factory.getbasetemp() / "fuzz.yaml"
    path.write_bytes(data)
    try:
        config.load(path)
    except ProjectError as error:
        assert all(problem.code for problem in error.problems)


@pytest.mark.slow
def test_importing_config_loads_no_torch():
    code = (
        "import sys, assay.config; print([m for m in ('torch', 'transformers', 'sklearn',"
        " 'peft') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
