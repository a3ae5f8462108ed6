"""One request to an OpenAI-compatible service, until it is answered or there is no hope.

Tried again   408, 409, 425, 429, 5xx, timeouts, broken connections, an answer that ends in the
              middle
Stops at once a wrong key (R012), a request that is refused (R013), a page that is no answer (R016),
              a redirect to another host (R017)
The key       is read from the environment for each request, sent to the endpoint's own origin
              alone, and cut out of all that comes back. No proxy and no .netrc is used.
"""

from __future__ import annotations

import json
import ssl
import threading
import time
import weakref
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from assay.core.errors import Problem, ResourceError
from assay.core.sampling import random_stream
from assay.models.remote.endpoint import Endpoint
from assay.models.remote.rate_limit import TokenBucket, back_off, retry_after

if TYPE_CHECKING:
    import httpx2

LARGEST = 4 << 20  # bytes of one answer
SHOWN = 200  # characters of a service's message
PATIENCE = 600.0  # seconds that a service may ask to be left alone for; more ends the run
HOPS = 3  # redirects on the same origin
_AGAIN = {408, 409, 425, 429}


class Halted(Exception):
    """The run was asked to stop while a request waited."""


class Refused(Exception):
    """The service refuses this request (400, 404, 413, 422): `message` is its own, cut and
    cleaned."""

    def __init__(self, status: int, message: str, code: str):
        self.status, self.message, self.code = status, message, code
        super().__init__(message)


class _Passing(Exception):
    """May be over at the next try. `after`: seconds that the service asks for."""

    def __init__(self, text: str, after: float | None = None, *, limited: bool = False):
        self.after, self.limited = after, limited
        super().__init__(text)


class Client:
    """Asks one endpoint, from several threads at a time.

    Args:
        name: the endpoint's, for messages. seed: of the waiting times.
    """

    def __init__(self, name: str, endpoint: Endpoint, seed: int = 0):
        import httpx2

        self.name = name
        self.endpoint = endpoint
        self._draw = random_stream(seed, endpoint.digest, sep=" ")
        self._requests = TokenBucket(endpoint.requests_per_minute, time.monotonic)
        self._tokens = TokenBucket(endpoint.tokens_per_minute, time.monotonic)
        self._not_before = 0.0  # no request before this time: the service has asked for it
        self._http = httpx2.Client(
            timeout=endpoint.timeout,
            trust_env=False,
            follow_redirects=False,
            limits=httpx2.Limits(
                max_connections=endpoint.concurrency, max_keepalive_connections=endpoint.concurrency
            ),
        )
        weakref.finalize(self, self._http.close)  # who asks once from Python closes nothing

    def close(self) -> None:
        self._http.close()

    def ask(
        self, body: dict[str, Any], tokens: int, halt: threading.Event
    ) -> tuple[dict[str, Any], float]:
        """The service's JSON, and the seconds of the request that brought it, waiting and failed
        tries aside.

        Args:
            tokens: what the request will take, about; see `used`. halt: once set, nothing is sent
                and waiting ends.

        Raises:
            Refused: the request itself is at fault. Halted: `halt` was set. ResourceError: R011,
                R012, R014 to R017.
        """
        failures = 0
        while True:
            early = self._not_before - time.monotonic()
            _wait(max(self._requests.take(1), self._tokens.take(tokens), early), halt)
            begun = time.monotonic()
            try:
                return self._once(body), round(time.monotonic() - begun, 6)
            except _Passing as error:
                failures += 1
                if failures >= self.endpoint.tries or (error.after or 0) > PATIENCE:
                    raise self._final_error(error, failures) from error
                if error.limited and error.after:
                    self._not_before = max(self._not_before, time.monotonic() + error.after)
                _wait(max(error.after or 0.0, back_off(failures, self._draw)), halt)

    def used(self, expected: int, tokens: int) -> None:
        """So many tokens were used where `expected` were reckoned with."""
        self._tokens.take(tokens - expected)

    def stream(self, body: dict[str, Any]) -> Iterator[bytes]:
        """A streamed answer in the pieces in which it comes; not tried again once it has begun.

        Raises:
            as `ask`.
        """
        size = 0
        with self._send(body) as response:
            if response.status_code != 200:
                self._judge(response, self._read(response))
            for part in response.iter_bytes():
                size += len(part)
                if size > LARGEST:
                    raise self._no_answer(f"is longer than {LARGEST:,} bytes")
                yield part

    def clean_text(self, text: str, width: int = SHOWN) -> str:
        """Foreign text as one line without control characters, cut, and without the key."""
        text = self.without_key(text)
        flat = " ".join("".join(c if c.isprintable() else " " for c in text).split())
        return flat if len(flat) <= width else flat[: width - 1].rstrip() + "…"

    def without_key(self, text: str) -> str:
        secret = self.endpoint.secret()
        return text.replace(secret, "[the key]") if secret else text

    # --- one try ----------------------------------------------------------------------------------

    def _once(self, body: dict[str, Any]) -> dict[str, Any]:
        with self._send(body) as response:
            data = self._read(response)
            if response.status_code != 200:
                self._judge(response, data)
        return self._value(data)

    @contextmanager
    def _send(self, body: dict[str, Any]) -> Generator[httpx2.Response]:
        """The response to the request, redirects on the same origin followed."""
        import httpx2

        address = httpx2.URL(f"{self.endpoint.url}/chat/completions")
        try:
            for _ in range(HOPS):
                with self._http.stream(
                    "POST", address, json=body, headers=self._headers()
                ) as response:
                    if response.status_code not in (301, 302, 303, 307, 308):
                        yield response
                        return
                    address = self._redirect_target(address, response)
        except httpx2.TimeoutException as error:
            raise _Passing(f"no answer within {self.endpoint.timeout:g} s") from error
        except httpx2.InvalidURL as error:
            raise self._problem(
                "R017", "redirects to what is no address", "check the endpoint's url"
            ) from error
        except (httpx2.TransportError, httpx2.DecodingError) as error:
            if is_certificate_error(error):
                way = (
                    "check the url; a certificate of your own authority belongs into the"
                    " system's store"
                )
                raise self._problem(
                    "R014", "its certificate is not trusted, so nothing was sent", way
                ) from error
            raise _Passing(self.clean_text(str(error)) or type(error).__name__) from error
        raise self._problem(
            "R017", f"redirects more than {HOPS - 1} times", "write the address that it leads to"
        )

    def _redirect_target(self, address: httpx2.URL, response: httpx2.Response) -> httpx2.URL:
        target = address.join(response.headers.get("location", ""))
        same = (target.scheme, target.host, target.port) == (
            address.scheme,
            address.host,
            address.port,
        )
        if not same or response.status_code not in (307, 308):
            where = f"{target.scheme}://{self.clean_text(target.host, 80)}"
            text = f"redirects to {where}; the key and the rows are not sent there"
            raise self._problem(
                "R017", text, "if that is the right address, write it as the endpoint's url"
            )
        return target

    def _headers(self) -> dict[str, str]:
        headers = {
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": "assay",
        }
        if not self.endpoint.key:
            return headers
        secret = self.endpoint.secret()
        if not secret:
            way = f"export {self.endpoint.key}=...; the key is read from there alone"
            raise self._problem(
                "R011", f"the environment variable {self.endpoint.key} is not set", way
            )
        if not secret.isascii() or not secret.isprintable() or " " in secret:
            text = f"the environment variable {self.endpoint.key} holds characters that no key has"
            raise self._problem("R011", text, "set it again, without line breaks and spaces")
        return {**headers, "Authorization": f"Bearer {secret}"}

    def _read(self, response: httpx2.Response) -> bytes:
        """The whole body, in the endpoint's time and at most `LARGEST` bytes."""
        end, parts, size = time.monotonic() + self.endpoint.timeout, [], 0
        for part in response.iter_bytes(1 << 16):
            parts.append(part)
            size += len(part)
            if size > LARGEST:
                raise self._no_answer(f"is longer than {LARGEST:,} bytes")
            if time.monotonic() > end:
                raise _Passing(f"no whole answer within {self.endpoint.timeout:g} s")
        return b"".join(parts)

    def _judge(self, response: httpx2.Response, data: bytes) -> None:
        """Raise what a status other than 200 means."""
        status, (message, code) = response.status_code, self._error(data)
        said = f"status {status}" + (f": {message}" if message else "")
        if status in (401, 403):
            named = (
                f"the key in {self.endpoint.key} is refused"
                if self.endpoint.key
                else "a key is wanted"
            )
            way = (
                "set the variable to a valid key"
                if self.endpoint.key
                else "name its environment variable: key: NAME"
            )
            raise self._problem("R012", f"{named} ({said})", way)
        if code == "insufficient_quota":
            raise self._problem(
                "R015", f"the account's quota is used up ({said})", "top it up, then run again"
            )
        if status in _AGAIN or status >= 500:
            raise _Passing(said, retry_after(response.headers), limited=status == 429)
        raise Refused(status, message or said, code)

    def _error(self, data: bytes) -> tuple[str, str]:
        """Message and code of an error's body, whatever its form."""
        text = data.decode("utf-8", "replace")
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return ("" if text.lstrip().startswith("<") else self.clean_text(text)), ""
        error = value.get("error", value) if isinstance(value, dict) else value
        if not isinstance(error, dict):
            return self.clean_text(str(error)), ""
        message = error.get("message") or error.get("detail") or ""
        return self.clean_text(str(message)), str(error.get("code") or error.get("type") or "")

    def _value(self, data: bytes) -> dict[str, Any]:
        """The JSON of an answer with status 200."""
        if data.lstrip()[:1] == b"<":
            raise self._no_answer(
                f"is a web page: {self.clean_text(data.decode('utf-8', 'replace'), 80)!r}"
            )
        try:
            value = json.loads(data)
        except (ValueError, RecursionError) as error:  # UnicodeDecodeError is a ValueError
            raise _Passing("the answer is not whole: it is no JSON in UTF-8") from error
        if isinstance(value, dict) and isinstance(value.get("choices"), list) and value["choices"]:
            return value
        error = value.get("error") if isinstance(value, dict) else None
        if isinstance(error, dict):
            message, code = self._error(data)
            if code in ("429", "500", "502", "503", "504"):
                raise _Passing(message, limited=code == "429")
            raise Refused(200, message, code)
        raise self._no_answer("has no choices in it")

    # --- messages ---------------------------------------------------------------------------------

    def _problem(self, code: str, text: str, way: str) -> ResourceError:
        return ResourceError(
            Problem(code, f"{self.endpoint.host}: {text}", f"remote.{self.name}", help=way)
        )

    def _no_answer(self, text: str) -> ResourceError:
        return self._problem(
            "R016",
            f"what came back {text}",
            "check the endpoint's url: it ends before /chat/completions",
        )

    def _final_error(self, error: _Passing, failures: int) -> ResourceError:
        kept = "what was answered is kept: run again later"
        if error.after is not None and error.after > PATIENCE:
            return self._problem("R015", f"asks to wait {error.after:,.0f} s ({error})", kept)
        text = f"{error}; tried {failures} time{'s' * (failures > 1)}"
        if error.limited:
            return self._problem(
                "R015",
                text,
                f"{kept}, or lower requests_per_minute, tokens_per_minute, concurrency",
            )
        return self._problem("R014", text, f"{kept}, or raise timeout or tries")


def is_certificate_error(error: BaseException | None) -> bool:
    """Whether a connection failed because of the other side's certificate."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _wait(seconds: float, halt: threading.Event) -> None:
    if halt.wait(seconds) if seconds > 0 else halt.is_set():
        raise Halted
