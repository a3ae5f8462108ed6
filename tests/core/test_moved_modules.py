"""Earlier names of modules are understood, with a warning that names today's."""

import importlib
import sys
from pathlib import Path

import pytest

import assay
from assay.core.moved_modules import MOVED, MovedModules, install

SOURCE = Path(assay.__file__).parents[1]


@pytest.mark.parametrize("earlier", MOVED)
def test_every_earlier_name_leads_to_a_module_that_is_there(earlier):
    place = SOURCE.joinpath(*MOVED[earlier].split("."))
    assert place.with_suffix(".py").is_file() or (place / "__init__.py").is_file()
    assert MOVED[earlier] not in MOVED
    spec = MovedModules().find_spec(earlier)
    assert spec is not None and spec.name == earlier


def test_what_was_imported_from_an_earlier_name_is_the_same(monkeypatch):
    monkeypatch.setattr(assay, "errors", assay.errors)  # an import puts its module there
    for name in ("assay.errors", "assay.nouns"):
        monkeypatch.setitem(sys.modules, name, None)
        del sys.modules[name]
    with pytest.warns(DeprecationWarning, match=r"assay\.errors is called assay\.core\.errors now"):
        errors = importlib.import_module("assay.errors")
    assert errors.DataError is assay.DataError
    with pytest.warns(DeprecationWarning, match="assay.core.types"):
        nouns = importlib.import_module("assay.nouns")
    assert nouns.Task is importlib.import_module("assay.core.types").Task


def test_a_name_that_never_was_is_no_module():
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("assay.nothing_of_the_kind")


def test_it_is_installed_once():
    install()
    assert sum(isinstance(one, MovedModules) for one in sys.meta_path) == 1
