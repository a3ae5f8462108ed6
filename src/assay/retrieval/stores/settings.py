"""Where passages and their vectors are kept, as a project file says it under `store:`. `STORES` has
all kinds; a new one is a file beside this one and its class in that tuple."""

from typing import TYPE_CHECKING, Annotated, Any, Union

from pydantic import BeforeValidator, Field

from assay.core.errors import did_you_mean
from assay.retrieval.stores.base import StoreOf
from assay.retrieval.stores.exact import Exact
from assay.retrieval.stores.lance import LanceDb
from assay.retrieval.stores.postgres import Postgres

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
