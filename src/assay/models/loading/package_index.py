"""A file of a Python package index, by its exact name and hash.

What it promises  Only https, a loopback address, or file:. Credentials go to the index's own host
                  and to no other, and stand in no message. Redirects keep these rules. Nothing more
                  than the stated size is written.
Source            PEP 503 (HTML) and PEP 691 (JSON), peps.python.org
"""

import base64
import html.parser
import http.client
import ipaddress
import json
import os
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import IO, NamedTuple

from assay.core import store
from assay.core.errors import ModelError, Problem
from assay.models.environment import package_version

_TIMEOUT = 30.0  # seconds without a byte
_TRIES = 5  # in a row without progress
_PAUSE = 0.5  # seconds before the second try, doubled for each further one
_PAGE_LIMIT = 20 << 20
_CHUNK = 1 << 18


class Link(NamedTuple):
    url: str
    authorisation: str  # value of the header, or ""


def index_url() -> str:
    """The index that pip uses here: PIP_INDEX_URL, pip's own settings, else PyPI."""
    if url := os.environ.get("PIP_INDEX_URL"):
        return url
    # Not find_spec: asked for pip, setuptools' finder puts the old distutils back, and
    # torch.compile fails afterwards.
    if package_version("pip") != "none":
        command = [sys.executable, "-P", "-m", "pip", "config", "get", "global.index-url"]
        answer = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
        if answer.returncode == 0 and answer.stdout.strip():
            return answer.stdout.strip()
    return "https://pypi.org/simple"


def locate(index: str, package: str, filename: str, sha256: str) -> Link:
    """Where the index keeps a file.

    Raises:
        ModelError: M099 the index is not safe to use, or has no such file with this hash.
        OSError: no connection.
    """
    base, authorisation = _split_credentials(index.rstrip("/") + f"/{package}/")
    _require_safe(base)
    page_url = base + "index.html" if base.startswith("file:") else base
    accept = (
        "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2,"
        " text/html;q=0.1"
    )
    request = urllib.request.Request(page_url, headers={"Accept": accept})
    if authorisation:
        request.add_unredirected_header("Authorization", authorisation)
    try:
        with _opener().open(request, timeout=_TIMEOUT) as response:
            page, kind, final = (
                response.read(_PAGE_LIMIT),
                response.headers.get_content_type(),
                response.geturl(),
            )
    except urllib.error.HTTPError as error:
        error.close()
        raise _not_served(
            f"the package index answered {error.code} {error.reason} for {package}", base
        ) from error
    files = _from_json(page, base) if kind.endswith("json") else _from_html(page)
    if filename not in files:
        raise _not_served(f"the package index has no {filename}", base)
    href, stated = files[filename]
    if stated and stated != sha256:
        raise _not_served(
            f"the package index serves another {filename}: its sha256 begins {stated[:12]}", base
        )
    url, own = _split_credentials(urllib.parse.urljoin(final, href))
    _require_safe(url)
    if base.startswith("https:") and not url.startswith("https:"):
        raise _not_served("a page read over https points to a file that is not", url)
    same_host = urllib.parse.urlsplit(url).netloc == urllib.parse.urlsplit(base).netloc
    return Link(url, own or (authorisation if same_host else ""))


def download(
    url: str, part: Path, size: int, authorisation: str, progress: Callable[[int], None]
) -> None:
    """Fill `part` up to `size` bytes, from where it ends. The caller checks the hash.

    Raises:
        ModelError: M099 the server refuses, or sends more than `size`.
        OSError: the connection broke several times without one more byte.
    """
    have = part.stat().st_size if part.exists() else 0
    if have > size:
        part.unlink()
        have = 0
    tries = 0
    while have < size:
        try:
            _continue(url, part, have, size, authorisation, progress)
            problem: OSError = ConnectionError("the connection was closed early")
        except urllib.error.HTTPError as error:
            error.close()
            if error.code < 500 and error.code not in (408, 429):
                raise _not_served(
                    f"the server answered {error.code} {error.reason}", url
                ) from error
            problem = error
        except http.client.HTTPException as error:
            problem = ConnectionError(f"{type(error).__name__} {error}")
        except OSError as error:
            problem = error
        now = part.stat().st_size if part.exists() else 0
        tries = 0 if now > have else tries + 1
        have = now
        if have < size:
            if tries >= _TRIES:
                raise problem
            time.sleep(_PAUSE * 2**tries)
    progress(size)


def _continue(
    url: str, part: Path, have: int, size: int, authorisation: str, progress: Callable[[int], None]
) -> None:
    request = urllib.request.Request(url, headers={"Range": f"bytes={have}-"} if have else {})
    if authorisation:
        request.add_unredirected_header("Authorization", authorisation)
    told = 0.0
    with _opener().open(request, timeout=_TIMEOUT) as response:
        if have and not (response.headers.get("Content-Range") or "").startswith(f"bytes {have}-"):
            part.unlink()  # the server starts over, so do we
            have = 0
        with store.growing(part) as write:
            while chunk := response.read(_CHUNK):
                have += len(chunk)
                if have > size:
                    raise _not_served(
                        f"the file is larger than the {size:,} bytes that are pinned", url
                    )
                write(chunk)
                if time.monotonic() - told > 0.2:
                    told = time.monotonic()
                    progress(have)


def _opener() -> urllib.request.OpenerDirector:
    context = ssl.create_default_context()  # reads SSL_CERT_FILE and SSL_CERT_DIR
    for name in ("PIP_CERT", "REQUESTS_CA_BUNDLE"):
        place = os.environ.get(name, "")
        if place and Path(place).exists():
            if Path(place).is_dir():
                context.load_verify_locations(capath=place)
            else:
                context.load_verify_locations(cafile=place)
    return urllib.request.build_opener(
        urllib.request.HTTPSHandler(context=context), _SafeRedirects()
    )


class _SafeRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        try:
            _require_safe(newurl)
            if req.type == "https" and not newurl.startswith("https:"):
                raise _not_served(
                    "the server redirects from https to a connection that is not", newurl
                )
        except ModelError:
            fp.close()
            raise
        request = super().redirect_request(req, fp, code, msg, headers, newurl)
        authorisation = req.get_header("Authorization")
        if request and authorisation and _origin(newurl) == _origin(req.full_url):
            request.add_unredirected_header("Authorization", authorisation)
        return request


def _origin(url: str) -> tuple[str, str]:
    parts = urllib.parse.urlsplit(url)
    return parts.scheme, parts.netloc


def _require_safe(url: str) -> None:
    parts = urllib.parse.urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme == "https" and host:
        return
    if parts.scheme == "file" and host in ("", "localhost"):
        return
    if parts.scheme == "http" and (host == "localhost" or _loopback(host)):
        return
    raise ModelError(
        Problem(
            "M099",
            "models are fetched over https, from a file: address or from this machine only",
            _without_credentials(url),
            help="set PIP_INDEX_URL to an https address",
        )
    )


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _split_credentials(url: str) -> tuple[str, str]:
    """(address without user and password, header value or "")."""
    parts = urllib.parse.urlsplit(url)
    user, _, _ = parts.netloc.rpartition("@")
    if not user:
        return url, ""
    secret = base64.b64encode(urllib.parse.unquote(user).encode()).decode()
    return _without_credentials(url), f"Basic {secret}"


def _without_credentials(url: str) -> str:
    parts = urllib.parse.urlsplit(url)
    return urllib.parse.urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _from_json(page: bytes, place: str) -> dict[str, tuple[str, str]]:
    """File name to (address, sha256 or "")."""
    try:
        rows = json.loads(page)["files"]
        return {
            row["filename"]: (row["url"], row.get("hashes", {}).get("sha256", "")) for row in rows
        }
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _not_served("the package index did not answer with a list of files", place) from error


def _from_html(page: bytes) -> dict[str, tuple[str, str]]:
    links = _Links()
    links.feed(page.decode("utf-8", "replace"))
    files = {}
    for href in links.found:
        address, _, fragment = href.partition("#")
        name = urllib.parse.unquote(urllib.parse.urlsplit(address).path.rsplit("/", 1)[-1])
        files[name] = (
            address,
            fragment.removeprefix("sha256=") if fragment.startswith("sha256=") else "",
        )
    return files


class _Links(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.found += [value for name, value in attrs if name == "href" and value]


def _not_served(text: str, url: str) -> ModelError:
    return ModelError(
        Problem(
            "M099", text, _without_credentials(url), help="check PIP_INDEX_URL, or try again later"
        )
    )
