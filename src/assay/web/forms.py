"""Forms that pages send: URL-encoded fields, with the mark that this page's forms have."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request

from assay.core.command_hints import is_data
from assay.core.store import write_chunks
from assay.web.access_control import MARK

FIELDS = 200  # of a form
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")  # of a file that is sent


def whole_number(text: str) -> int | None:
    """The number that an address or a form says; None where it says none of one to nine digits."""
    return int(text) if re.fullmatch("[0-9]{1,9}", text) else None


async def read_form(request: Request) -> dict[str, str]:
    """Its fields; of one that comes twice the last.

    Raises:
        HTTPException: 403, it was not made by this page; 400, it is no form.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise HTTPException(400, "A form is sent as URL-encoded fields.")
    try:
        text = (await request.body()).decode("ascii")
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=FIELDS)
    except ValueError:
        raise HTTPException(400, "The form could not be read.") from None
    fields = dict(pairs)
    if not request.app.state.is_marked(fields.pop(MARK, "")):
        raise HTTPException(403, "The form was not made by this page; load it once more.")
    return fields


async def read_upload(request: Request, folder: Path) -> Path:
    """A file that a form sends, kept in the folder under its own name.

    Raises:
        HTTPException: 403 and 400 as `read_form`; 409, a file of that name is there. ResourceError:
            R002, the disk is full.
    """
    async with request.form(max_files=1, max_fields=2) as form:
        if not request.app.state.is_marked(str(form.get(MARK, ""))):
            raise HTTPException(403, "The form was not made by this page; load it once more.")
        sent: Any = form.get("file")
        name = getattr(sent, "filename", None) or ""
        if not NAME.fullmatch(name) or not is_data(name):
            text = "Choose a file of rows whose name has letters, digits, '.', '-' and '_' alone."
            raise HTTPException(400, text)
        file = folder / name
        if file.exists():
            text = f"There is a file {name} here already; it is not written over."
            raise HTTPException(409, text)
        write_chunks(file, iter(lambda: sent.file.read(1 << 20), b""))
    return file
