"""Where passages and their vectors are kept: what a project file says under `store:`. `STORES` has
all kinds; a new one is a file beside this one and its class in that tuple."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Union
from urllib.parse import parse_qsl, urlsplit

from pydantic import BeforeValidator, Field, field_validator

from assay.core.errors import did_you_mean
from assay.core.types import Tell
from assay.retrieval.stores.base import Store, StoreOf

INDEX_FROM = 20_000  # rows; fewer are searched one by one, which is exact and takes milliseconds


class Exact(StoreOf):
    """Plain files, and every vector compared: exact, no library, no index."""

    kind: Literal["exact"] = "exact"

    def open(self, folder: Path, *, digest: str, width: int, rebuild: bool, tell: Tell) -> Store:
        from assay.retrieval.stores.exact import ExactStore

        return ExactStore(folder, digest, width, rebuild=rebuild)


class LanceDb(StoreOf):
    """An embedded database in a folder, with an index once it holds `index_from` rows."""

    kind: Literal["lancedb"] = "lancedb"
    index_from: int = Field(default=INDEX_FROM, ge=1000)  # rows
    # parts of the index that a search reads; 0: by their number
    probes: int = Field(default=0, ge=0, le=100_000)
    libraries: ClassVar[tuple[str, ...]] = ("lancedb",)

    def open(self, folder: Path, *, digest: str, width: int, rebuild: bool, tell: Tell) -> Store:
        from assay.retrieval.stores.lance import LanceStore

        return LanceStore(self, folder, digest, width, rebuild=rebuild, tell=tell)


class Postgres(StoreOf):
    """A PostgreSQL server with the extension pgvector, with an index once the table holds
    `index_from` rows."""

    kind: Literal["postgres"] = "postgres"
    address: str  # postgresql://user@host:port/database, never with a password
    table: str = Field(default="assay_passages", pattern=r"^[a-z_][a-z0-9_]{0,39}$")
    index_from: int = Field(default=INDEX_FROM, ge=1000)  # rows
    ef: int = Field(default=100, ge=10, le=1000)  # candidates that a search in the index keeps
    # candidates that are kept while the index is built
    build_ef: int = Field(default=64, ge=16, le=1000)
    # neighbours that the index keeps of each vector and level
    links: int = Field(default=16, ge=4, le=100)
    # memory of the server for building the index
    build_mb: int = Field(default=512, ge=64, le=65536)
    # seconds for which a lost server is waited for
    patience: float = Field(default=20.0, ge=0, le=600)
    local: ClassVar[bool] = False

    def open(self, folder: Path, *, digest: str, width: int, rebuild: bool, tell: Tell) -> Store:
        from assay.retrieval.stores.postgres import PostgresStore

        return PostgresStore(self, digest, width, tell=tell)

    @field_validator("address")
    @classmethod
    def _without_password(cls, address: str) -> str:
        # The address itself is in none of the messages: it may hold a password in a form that is
        # not foreseen.
        try:
            parts = urlsplit(address)
            password, _ = parts.password, parts.port
            keys = {name.casefold() for name, _ in parse_qsl(parts.query)}
        except ValueError:
            raise ValueError(
                "C090 the address cannot be read; it is postgresql://user@host:port/database"
            ) from None
        if (
            password is not None
            or keys & {"password", "sslpassword"}
            or re.search(r"password\s*=", address, re.I)
        ):
            raise ValueError(
                "C090 the address holds a password, which would be"
                " copied into reports; take it out, and set PGPASSWORD or write it into ~/.pgpass"
            )
        if (
            parts.scheme not in ("postgresql", "postgres")
            or "@" in parts.path + parts.query + parts.fragment
        ):
            raise ValueError(
                "C090 the address must begin with postgresql://, as"
                " postgresql://user@host:port/database"
            )
        return address


STORES: tuple[type[StoreOf], ...] = (Exact, LanceDb, Postgres)


def _of_a_known_kind(value: Any) -> Any:
    kinds = [each.model_fields["kind"].default for each in STORES]
    if isinstance(value, dict) and value.get("kind") not in kinds:
        if "kind" not in value:
            raise ValueError(f"C076 has no kind; there are: {', '.join(kinds)}")
        near = did_you_mean(str(value["kind"]), kinds) or f"; there are: {', '.join(kinds)}"
        raise ValueError(f"C076 there is no '{value['kind']}' here{near}")
    return value


# The type of a setting `store`.
if TYPE_CHECKING:
    StoreSettings = StoreOf
else:
    StoreSettings = Annotated[
        Annotated[Union[STORES], Field(discriminator="kind")],  # noqa: UP007
        BeforeValidator(_of_a_known_kind),
    ]
