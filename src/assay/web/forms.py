"""Forms that pages send: URL-encoded fields, with the mark that this page's forms have."""

from __future__ import annotations

from urllib.parse import parse_qsl

from starlette.exceptions import HTTPException
from starlette.requests import Request

from assay.web.gate import MARK

FIELDS = 200  # of a form


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
