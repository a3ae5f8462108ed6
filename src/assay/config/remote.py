"""The section `remote:` of the project file: models behind addresses, by the names that arms give
them."""

from typing import Any

from assay.config.complaints import Complaint, SettingsError, fill
from assay.models.loading.catalogue import entry_of
from assay.models.remote.endpoint import NAME, Endpoint


def endpoints(value: Any) -> dict[str, Endpoint]:
    """Endpoints by name.

    Raises:
        SettingsError: with every complaint about every one of them.
    """
    if not isinstance(value, dict):
        raise SettingsError(
            Complaint(
                "C072", (), f"must be a mapping of names to endpoints, got {type(value).__name__}"
            )
        )
    made: dict[str, Endpoint] = {}
    complaints: list[Complaint] = []
    for name, settings in value.items():
        if not NAME.fullmatch(name) or entry_of(name):
            said = (
                "is a model of the catalogue"
                if entry_of(name)
                else "must be 1 to 40 of a-z, 0-9, '.', '_' and '-'"
            )
            complaints.append(Complaint("C073", (name,), f"{said}; give the endpoint another name"))
        try:
            made[name] = fill(Endpoint, settings)
        except SettingsError as error:
            complaints += error.below(name)
    if complaints:
        raise SettingsError(*complaints)
    return made
