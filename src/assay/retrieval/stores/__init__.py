"""Where passages and their vectors are kept: in plain files, in LanceDB, or on a PostgreSQL
server."""

from pathlib import Path

from assay.core.types import Tell
from assay.retrieval.stores.base import Store, StoreOf, StoreVersion
from assay.retrieval.stores.settings import STORES, Exact, LanceDb, Postgres, StoreSettings

__all__ = [
    "STORES",
    "Exact",
    "LanceDb",
    "Postgres",
    "Store",
    "StoreOf",
    "StoreSettings",
    "StoreVersion",
    "open_store",
]


def open_store(
    settings: StoreOf,
    folder: Path,
    *,
    digest: str,
    width: int,
    rebuild: bool = False,
    tell: Tell = lambda event: None,
) -> Store:
    """The collection that these settings name, made if it is not there.

    Args:
        folder: where a local collection lies; a server's has no place in it.
        digest, width: of the encoding whose vectors are kept.
        rebuild: a local collection of another encoding is emptied; without it, and always on a
            server, it is refused.
        tell: gets a note when an index is built, and when a server does not answer.

    Raises:
        ResourceError: R020 the collection is of another encoding; R021 a package is missing; R024,
            R025 the server does not answer, or refuses; R026 the files are damaged.
    """
    return settings.open(folder, digest=digest, width=width, rebuild=rebuild, tell=tell)
