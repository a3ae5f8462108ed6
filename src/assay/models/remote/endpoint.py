"""A model behind an address: the `remote:` part of the project file, a name and its settings.

What it promises  The key itself stands in no file: `key` is the name of an environment variable. A
                  value that looks like a key is refused, and is not repeated in the message (C063).
Addresses         https, or http to this machine alone (C067)
Defaults from     4 requests at a time and a minute of patience are what the free tiers of most
                  services bear
"""

import hashlib
import ipaddress
import json
import os
import re
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, model_validator

from assay.core.settings import Settings
from assay.data.pii.secrets import FORMS

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")  # of an endpoint, in the project file
_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]{0,63}")
_SECRET = re.compile(rf"(?<![A-Za-z0-9])(?:{'|'.join(FORMS.values())})(?![A-Za-z0-9])")
_CARRIES_KEYS = (
    "api_key",
    "apikey",
    "api-key",
    "token",
    "secret",
    "password",
    "authorization",
    "headers",
)
_KEEP_OUT = (
    "write the name of an environment variable (key: OPENAI_API_KEY) and keep the key itself out"
    " of files"
)


def looks_like_a_key(text: str) -> bool:
    """Whether a text has the form of a key of some service, or holds a long word of letters and
    digits mixed."""
    if _SECRET.search(text):
        return True
    words = re.findall(r"[A-Za-z0-9+/=]{20,}", text)
    return any(
        sum(c.isdigit() for c in word) >= 3 and any(c.isalpha() for c in word) for word in words
    )


def _variable(value: Any) -> Any:
    if value == "":
        return value
    if not isinstance(value, str) or not _VARIABLE.fullmatch(value) or looks_like_a_key(value):
        raise ValueError(f"C063 is not the name of an environment variable; {_KEEP_OUT}")
    return value


def _address(value: Any) -> Any:
    """https, or http on this machine; no password, no query, no fragment: these may hold a key."""
    if not isinstance(value, str):
        return value
    try:
        parts = urlsplit(value)
        host, secret = parts.hostname or "", "@" in parts.netloc or parts.query or parts.fragment
        parts.port  # noqa: B018  (a port that is no number raises)
    except ValueError:
        raise ValueError("C067 is not an address; write it as https://host/v1") from None
    if secret or _SECRET.search(value):
        raise ValueError(
            f"C063 has more than scheme, host and path, which may hold a key; {_KEEP_OUT}"
        )
    if parts.scheme not in ("http", "https") or not host:
        raise ValueError("C067 is not an address; write it as https://host/v1")
    if parts.scheme == "http" and not is_loopback(host):
        raise ValueError(
            "C067 is http to another machine, so the key and the rows could be read on the way;"
            " use https"
        )
    return value.rstrip("/")


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by its name: nothing is looked up."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Price(Settings):
    """What a million tokens cost, in your currency."""

    prompt: float = Field(default=0.0, ge=0)
    answer: float = Field(default=0.0, ge=0)

    def of(self, prompt_tokens: int, tokens: int) -> float:
        return (prompt_tokens * self.prompt + tokens * self.answer) / 1e6


class Endpoint(Settings):
    """One OpenAI-compatible address, asked at `<url>/chat/completions`."""

    url: Annotated[str, BeforeValidator(_address)]
    model: str = Field(min_length=1, max_length=200)  # as the service calls it
    # the environment variable that holds the key; "": none
    key: Annotated[str, BeforeValidator(_variable)] = ""
    price: Price | None = None
    requests_per_minute: int = Field(default=0, ge=0)  # 0: as many as are answered
    tokens_per_minute: int = Field(default=0, ge=0)  # 0: as many as are answered
    concurrency: int = Field(default=4, ge=1, le=64)  # requests at a time
    timeout: float = Field(default=60.0, gt=0, le=3600)  # seconds that one request may take
    tries: int = Field(default=6, ge=1, le=20)  # of one request, the first one included
    context_length: int = Field(default=0, ge=0)  # tokens; 0: not known, so nothing is cut

    @model_validator(mode="before")
    @classmethod
    def _without_keys(cls, value: Any) -> Any:
        """Before anything else is said about the values: what may be a key is not repeated."""
        if isinstance(value, dict):
            named = [name for name in value if str(name).casefold() in _CARRIES_KEYS]
            if named:
                raise ValueError(
                    f"C063 there is no setting '{named[0]}' here, and no place for a key;"
                    f" {_KEEP_OUT}"
                )
            for name, item in value.items():
                if name not in ("url", "key", "model") and looks_like_a_key(f"{name} {item}"):
                    raise ValueError(f"C063 holds what looks like a key; {_KEEP_OUT}")
                if name == "model" and isinstance(item, str) and _SECRET.search(item):
                    raise ValueError(f"C063 holds what looks like a key; {_KEEP_OUT}")
        return value

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def local(self) -> bool:
        """Whether it is on this machine, so that no network is used."""
        return is_loopback(self.host)

    @property
    def digest(self) -> str:
        """Of all that names the model: what a fit is kept under. What the service changes behind it
        is not seen."""
        named = json.dumps([self.url, self.model, self.context_length]).encode()
        return hashlib.sha256(named).hexdigest()

    @property
    def note(self) -> str:
        return f"remote: {self.model} at {self.host}; its answers may change at any time"

    def secret(self) -> str:
        """The key, from the environment; "" where none is named or the variable is not set."""
        return os.environ.get(self.key, "").strip() if self.key else ""

    def describe(self, name: str, *, offline: bool = False) -> dict[str, Any]:
        """What a worker needs to open it, and what a report says about it: the key is not in it."""
        return {
            "folder": "",
            "name": name,
            "digest": self.digest,
            "note": self.note,
            "licence": "",
            "context_length": self.context_length,
            "remote": self.model_dump(mode="json"),
            "offline": offline and not self.local,
        }
