"""The section `on`: the machines that strategies run on, and what each of them gets there.

Form      `on: ray`, `on: 10.0.0.5:6379`, or a mapping with `address` and what a strategy may use;
          `on: 2`: two at a time on this machine
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
MOST = 64  # strategies at a time on one machine
_NUMBERS = tuple(map(str, range(1, MOST + 1)))
_ADDRESS = re.compile(r"(ray://)?([\w.-]+|\[[0-9a-fA-F:]+\]):\d{1,5}")


class ClusterSettings(Settings):
    """
    Attributes:
        address: `ray`, HOST:PORT, ray://HOST:PORT; "": this machine, one strategy after another; a
            number: so many at a time.
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
    def _known_form(cls, value: str) -> str:
        if value not in ("", LOCAL, *_NUMBERS) and not _ADDRESS.fullmatch(value):
            forms = f"ray, HOST:PORT, ray://HOST:PORT or a number from 1 to {MOST}"
            raise ValueError(f"must be {forms}, got '{value}'")
        return value

    @property
    def at_once(self) -> int:
        """Strategies at a time on this machine."""
        return int(self.address) if self.address in _NUMBERS else 1

    @property
    def names_cluster(self) -> bool:
        return self.address not in ("", *_NUMBERS)


def cluster_section(value: Any) -> ClusterSettings:
    """The section `on` of a project, which may be the address or the number alone.

    Raises:
        SettingsError: with every complaint.
    """
    if isinstance(value, str) or type(value) is int:
        value = {"address": str(value)}
    return fill(ClusterSettings, value)


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
