"""The section `on`: the machines that strategies run on, and what each of them gets there.

Form      `on: ray`, `on: 10.0.0.5:6379`, or a mapping with `address` and what a strategy may use
Watch out what is left out is derived from the cluster when it is joined: see docs/machines.md
"""

from __future__ import annotations

import re
from typing import Any

from pydantic import Field, field_validator

from assay.config.complaints import SettingsError, fill
from assay.core.errors import Problem, UsageError
from assay.core.settings import Settings

LOCAL = "ray"  # the cluster that this machine belongs to; without one, Ray is started here
_ADDRESS = re.compile(r"(ray://)?([\w.-]+|\[[0-9a-fA-F:]+\]):\d{1,5}")


class ClusterSettings(Settings):
    """
    Attributes:
        address: `ray`, HOST:PORT, ray://HOST:PORT; "": the processes of this machine, as ever.
        cpus, gpus, memory: of a strategy that runs a model; gigabytes. None: see `RayServers`.
        retries: times that a strategy is begun again after its node was lost.
    """

    address: str = ""
    cpus: int | None = Field(default=None, ge=1, le=1024)
    gpus: float | None = Field(default=None, ge=0, le=64)
    memory: float | None = Field(default=None, gt=0)
    retries: int = Field(default=3, ge=0, le=100)

    @field_validator("address")
    @classmethod
    def _one_of_three(cls, value: str) -> str:
        if value not in ("", LOCAL) and not _ADDRESS.fullmatch(value):
            raise ValueError(f"must be ray, HOST:PORT or ray://HOST:PORT, got '{value}'")
        return value


def cluster_section(value: Any) -> ClusterSettings:
    """The section `on` of a project, which may be the address alone.

    Raises:
        SettingsError: with every complaint.
    """
    return fill(ClusterSettings, {"address": value} if isinstance(value, str) else value)


def cluster_at(settings: ClusterSettings, address: str) -> ClusterSettings:
    """The settings with the address of a command; as they are without one.

    Raises:
        UsageError: C073, it is none.
    """
    if not address:
        return settings
    try:
        return cluster_section({**settings.non_defaults(), "address": address})
    except SettingsError as error:
        (complaint,) = error.complaints
        help = "for example --on ray, or --on 10.0.0.5:6379"
        raise UsageError(Problem(complaint.code, complaint.text, "--on", help)) from None
