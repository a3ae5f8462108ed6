"""Addresses of machines and mail boxes: e-mail, URL, IP v4 and v6, MAC, wallets.

Linear     each pattern begins at a rare sign (@, ://, a dot between digits) and looks a bounded way
           around it
Left alone what nobody owns: *.example and example.com (RFC 2606), 240.0.0.0/4 and this machine's
           own addresses, 2001:db8::/32, MAC 02:00:00: pseudonyms are made of these
"""

import ipaddress
import re
from collections.abc import Iterator

from assay.data.pii.spans import Span
from assay.data.pii.wallets import base58check, bech32

_AT = re.compile(r"[ \t]?(?:\(at\)|\[at\]|\{at\})[ \t]?|@", re.IGNORECASE)
_LOCAL = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]")
_BREAK = re.compile(r"[ \t]*\r?\n[ \t>]{0,8}")
_DOMAIN = re.compile(
    r"(?:\[\d{1,3}(?:\.\d{1,3}){3}\]|[^\W_](?:[\w-]{0,62})(?:(?:\.|[ \t]?(?:\(dot\)"
    r"|\[dot\])[ \t]?)[^\W_][\w-]{0,62}){1,8})",
    re.IGNORECASE,
)
_TLD = re.compile(r"(?:[^\W\d_]{2,24}|xn--[a-z0-9-]{2,59})$", re.IGNORECASE)
NOBODYS = re.compile(
    r"(?:^|\.)(?:example|invalid|localhost)$|(?:^|\.)example\.(?:com|net|org)$", re.IGNORECASE
)
_URL = re.compile(
    r"(?:https?|ftps?|sftp"
    r"|ssh|wss?)://[^\s<>\"'`{}|\\^\[\]]{1,2000}|(?<![\w@.-])www\.[^\s<>\"']{3,500}",
    re.I,
)
_BARE = re.compile(
    r"(?<![\w@.-])[a-z0-9][a-z0-9-]{0,62}(?:\.[a-z0-9-]{1,63}){0,4}\.(?:com|org|net|info|biz|edu"
    r"|gov|io|de|uk|fr|es|it|nl|eu)(?:/[^\s<>\"']{0,300})?(?![\w@-])",
    re.I,
)
_V4 = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)")
_V6 = re.compile(
    r"(?<![\w:.])[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?:(?"
    r"<=:)(?:\d{1,3}\.){3}\d{1,3})?(?![\w:])",
    re.I,
)
_MAC = re.compile(
    r"(?<![\w:.-])(?:[0-9a-f]{2}(?P<m>[:-])(?:[0-9a-f]{2}(?P=m)){4}[0-9a-f]{2}|(?:[0-9a-f]{4}\.)"
    r"{2}[0-9a-f]{4})(?![\w:-])",
    re.I,
)
_WALLET = re.compile(
    r"(?<![A-Za-z0-9])(?:[13][1-9A-HJ-NP-Za-km-z]{25,34}|(?:bc|tb|ltc)1[a-z0-9]{11,86}|(?:BC|TB|"
    r"LTC)1[A-Z0-9]{11,86}|0x[0-9a-fA-F]{40})(?![A-Za-z0-9])"
)


def mails(text: str) -> Iterator[Span]:
    for at in _AT.finditer(text):
        start = _local_start(text, at.start())
        tail = _BREAK.match(text, at.end()) if at[0] == "@" else None
        begin = tail.end() if tail else at.end()
        domain = _DOMAIN.match(text, begin, begin + 260)
        if start == at.start() or not domain:
            continue
        end = domain.end()
        # A domain that a line end cuts: after its dot, or before it.
        for _ in range(3):
            name = text[begin:end]
            if (
                cut := re.compile(
                    r"\.(?:[ \t]*\r?\n[ \t>]{0,8})|(?:[ \t]*\r?\n[ \t>]{0,8})\."
                ).match(text, end)
            ) and (
                more := re.compile(r"[^\W_][\w-]{0,62}(?:\.[^\W_][\w-]{0,62}){0,4}").match(
                    text, cut.end()
                )
            ):
                end = more.end()
            elif not _TLD.search(name) and (cut := _BREAK.match(text, end)) and end < len(text):
                more = re.compile(r"[\w-]{1,30}(?:\.[\w-]{1,30}){0,3}").match(text, cut.end())
                end = more.end() if more else end
                break
            else:
                break
        name = re.sub(r"\s|>", "", text[begin:end])
        name = re.sub(r"[(\[]dot[)\]]", ".", name, flags=re.IGNORECASE)
        if (name.startswith("[") or _TLD.search(name.rpartition(".")[2])) and not NOBODYS.search(
            name
        ):
            yield Span(start, end, "EMAIL", 3)


def _local_start(text: str, end: int) -> int:
    """Where the part before the @ begins: at most 64 letters, over a line end beside a dot, dash or
    the @."""
    start, floor = end, max(0, end - 80)
    if (
        start
        and text[start - 1] == "\n"
        and (line := re.search(r"[\w.+-][ \t]*\r?\n$", text[floor:start]))
    ):
        start = floor + line.start() + 1
    while True:
        while start > floor and _LOCAL.match(text[start - 1]):
            start -= 1
        before = re.search(r"[._+-](?:\r?\n[ \t>]{0,8})$", text[floor:start])
        if not before:
            break
        start = floor + before.start() + 1
    while start < end and text[start] in ".'/=?#*!$%^`{|}~&":
        start += 1
    return start if text[start:end].strip() else end


def urls(text: str) -> Iterator[Span]:
    for pattern in (_URL, _BARE):
        for found in pattern.finditer(text):
            end = found.start() + len(found[0].rstrip(".,;:!?)*_>"))
            host = (
                re.sub(r"^\w+://", "", text[found.start() : end])
                .partition("/")[0]
                .rpartition("@")[2]
            )
            if "." in host and not NOBODYS.search(host.partition(":")[0]):
                yield Span(found.start(), end, "URL", 2)


def ips(text: str) -> Iterator[Span]:
    for found in _V4.finditer(text):
        if all(int(part) < 256 for part in found[0].split(".")) and not _nobodys(found[0]):
            yield Span(*found.span(), "IP", 3)
    if "::" in text or text.count(":") > 6:
        for found in _V6.finditer(text):
            # Times (12:30:05) and "a::b" of a program are no addresses.
            if (
                found[0].count(":") >= 2
                and re.search(r"\d", found[0])
                and len(found[0]) > 5
                and not _nobodys(found[0])
            ):
                yield Span(*found.span(), "IP", 3)


def _nobodys(address: str) -> bool:
    """No address at all, or one that is given to nobody."""
    parts = address.split(".")
    try:
        found = ipaddress.ip_address(
            ".".join(str(int(p)) for p in parts)
            if len(parts) == 4 and ":" not in address
            else address
        )
    except ValueError:
        return True
    if isinstance(found, ipaddress.IPv4Address):
        return (
            found.is_loopback
            or found.is_unspecified
            or found in ipaddress.ip_network("240.0.0.0/4")
        )
    return (
        found.is_loopback or found.is_unspecified or found in ipaddress.ip_network("2001:db8::/32")
    )


def macs(text: str) -> Iterator[Span]:
    for found in _MAC.finditer(text):
        plain = re.sub(r"[:.-]", "", found[0]).lower()
        if not plain.startswith("020000") and len(set(plain)) > 1:
            yield Span(*found.span(), "MAC", 3)


def wallets(text: str) -> Iterator[Span]:
    for found in _WALLET.finditer(text):
        word = found[0]
        if word[:2] == "0x" or (base58check(word) if word[0] in "13" else bech32(word)):
            yield Span(*found.span(), "WALLET", 3)
