"""Each listed store at a place of its own, and a PostgreSQL server for the one that needs it."""

import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from assay.retrieval.stores import open_store
from assay.retrieval.stores.base import Store, StoreOf
from assay.retrieval.stores.settings import STORES, Postgres
from helpers import postgres

NUMBERS = itertools.count(1)
KINDS = {cls.model_fields["kind"].default: cls for cls in STORES}


@dataclass
class Place:
    """Where one collection is kept. Every `open` opens the same one."""

    settings: StoreOf
    folder: Path
    stores: list[Store] = field(default_factory=list)

    def open(self, digest: str = "digest", width: int = 4, **more) -> Store:
        self.stores.append(
            open_store(self.settings, self.folder, digest=digest, width=width, **more)
        )
        return self.stores[-1]


@dataclass
class Cluster:
    folder: Path

    @property
    def address(self) -> str:
        return postgres.address(self.folder)

    def start(self) -> None:
        postgres.start(self.folder)

    def stop(self, mode: str = "fast") -> None:
        postgres.stop(self.folder, mode)


@pytest.fixture(scope="session")
def server() -> Iterator[Cluster]:
    """A PostgreSQL of this session's own."""
    if reason := postgres.missing():
        assert os.environ.get("CI") != "true", reason
        pytest.skip(reason)
    folder = Path(tempfile.mkdtemp(prefix="assay-postgres-"))
    try:
        postgres.start(folder)
        yield Cluster(folder)
    finally:
        postgres.stop(folder, "immediate")
        shutil.rmtree(folder)


# Importing lancedb takes a second, which the first test of it pays.
@pytest.fixture(
    params=[
        pytest.param(kind, marks=[pytest.mark.slow] * (cls.libraries != () or not cls.local))
        for kind, cls in KINDS.items()
    ]
)
def kind(request) -> str:
    return request.param


@pytest.fixture
def new_place(kind, tmp_path, request) -> Iterator[Callable[..., Place]]:
    """`new_place(index_from=1000)`: an empty place of this kind of store, with these settings."""
    made = []

    def make(**settings) -> Place:
        number = next(NUMBERS)
        folder = tmp_path / f"store-{number}"
        cls = KINDS[kind]
        for library in cls.libraries:
            pytest.importorskip(library)
        if cls is Postgres:
            address = request.getfixturevalue("server").address
            settings |= {"address": address, "table": f"t{os.getpid()}_{number}"}
        known = {name: value for name, value in settings.items() if name in cls.model_fields}
        made.append(Place(cls(**known), folder))
        return made[-1]

    yield make
    for place in made:
        for store in place.stores:
            store.close()


@pytest.fixture
def place(new_place) -> Place:
    return new_place()
