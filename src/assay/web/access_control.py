"""Who may see the page: ASGI middleware around all of its routes.

Key      a token in the address that the terminal shows; it becomes a cookie that no script reads
         and no other page sends (HttpOnly, SameSite=Strict), and leaves the address
Host     only names of this machine are answered to, as by the server (`deployment/server`)
Writes   a POST comes from a page of this origin, and carries the mark that the page's forms have
Headers  nothing is loaded from elsewhere, framed, sniffed, or kept
"""

from __future__ import annotations

import hashlib
import hmac
import re
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl, urlencode

from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from assay.deployment.server.limits import host_of, same_origin

COOKIE = "assay-page"
TOKEN = "token"
MARK = "mark"  # a form's hidden field
BODY = 1 << 20  # bytes of a form
UPLOAD, UPLOADS = 256 << 20, "/new/upload"  # bytes of a data file, and where one is sent
HEADERS = 16 << 10  # bytes of all headers and the address
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
SAFE = [
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    # Not no-referrer: a form would come with "Origin: null", as one of any other page may.
    (b"referrer-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
]


class AccessControl:
    """
    Args:
        token: opens the page; at least 16 characters. hosts: names that are answered to; none: any.
    """

    def __init__(self, app: ASGIApp, token: str, hosts: tuple[str, ...]):
        self.app, self.hosts = app, hosts
        self._token = token
        self._session = _hash(f"session {token}")
        self.mark = _hash(f"mark {token}")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = {key.lower() for key, _ in message["headers"]}
                more = [pair for pair in SAFE if pair[0] not in own]
                message["headers"] = [*message["headers"], *more]
            await send(message)

        response = self._refuse(scope)
        await (response or self.app)(scope, receive, sending)

    def _refuse(self, scope: Scope) -> Response | None:
        """What is answered in the routes' place, if they are not asked."""
        found: dict[bytes, list[str]] = {}
        for key, value in scope["headers"]:
            found.setdefault(key, []).append(value.decode("latin-1"))
        size = sum(len(key) + len(value) + 4 for key, value in scope["headers"])
        if size + len(scope.get("raw_path") or b"") + len(scope["query_string"]) > HEADERS:
            return _refusal(431, f"The headers have more than {HEADERS:,} bytes.")
        hosts = found.get(b"host", [])
        if len(hosts) != 1 or (self.hosts and host_of(hosts[0]) not in self.hosts):
            return _refusal(403, "This page is not called by that name; see --allow-host.")
        foreign = any(not same_origin(one, hosts[0]) for one in found.get(b"origin", []))
        site = found.get(b"sec-fetch-site", [""])[0]
        # A link from elsewhere brings no cookie; with the token it may open the page.
        opens = scope["method"] == "GET" and TOKEN in dict(_query(scope))
        if (foreign or site in ("cross-site", "same-site")) and not opens:
            return _refusal(403, "Pages of other origins get no answer.")
        if scope["method"] not in ("GET", "HEAD", "POST"):
            return _refusal(405, "Only GET and POST are answered.")
        return self._enter(scope, found)

    def _enter(self, scope: Scope, found: dict[bytes, list[str]]) -> Response | None:
        query, name = _query(scope), cookie_name(found[b"host"][0])
        given = dict(query).get(TOKEN, "")
        if given and scope["method"] == "GET" and _equal(given, self._token):
            rest = urlencode([pair for pair in query if pair[0] != TOKEN])
            # Never "//": that would be the address of another server.
            path = f"/{scope['path'].lstrip('/')}"
            response = RedirectResponse(f"{path}{f'?{rest}' if rest else ''}", 303)
            response.set_cookie(name, self._session, httponly=True, samesite="strict", path="/")
            return response
        if not _equal(_cookie(found.get(b"cookie", []), name), self._session):
            return _refusal(403, "Open the address that the terminal shows: it has the key.")
        if scope["method"] == "POST":
            if not found.get(b"origin") and found.get(b"sec-fetch-site", [""])[0] != "same-origin":
                return _refusal(403, "A form is sent from this page alone.")
            if b"transfer-encoding" in found and b"content-length" in found:
                return _refusal(400, "A form has one length: Content-Length, not chunks beside it.")
            length = found.get(b"content-length", [""])[0]
            most = UPLOAD if scope["path"] == UPLOADS else BODY
            if not re.fullmatch("[0-9]+", length) or int(length[:20]) > most:
                return _refusal(413, f"A form has at most {most:,} bytes, and says how many.")
        return None

    def is_marked(self, mark: str) -> bool:
        """Whether a form was made by this page."""
        return _equal(mark, self.mark)


def _query(scope: Scope) -> list[tuple[str, str]]:
    return parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)


def cookie_name(host: str) -> str:
    """With the port: a browser sends a cookie to all ports of a host, and two pages would take each
    other's."""
    port = re.search(":([0-9]+)$", host)
    return f"{COOKIE}-{port[1]}" if port else COOKIE


def _cookie(headers: list[str], name: str) -> str:
    jar: SimpleCookie = SimpleCookie()
    try:
        for header in headers:
            jar.load(header)
    except CookieError:
        return ""
    return jar[name].value if name in jar else ""


def _equal(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode())


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _refusal(status: int, text: str) -> Response:
    return PlainTextResponse(f"{text}\n", status)
