"""Workbooks and Word files, whole and changed inside."""

import io
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

Cells = Sequence[Sequence[Any]]


def book(
    path: Path, rows: Cells, title: str = "Rows", more: Sequence[tuple[str, Cells]] = ()
) -> Path:
    """A workbook with a sheet of rows, and more of them by name."""
    import openpyxl

    made = openpyxl.Workbook()
    made.active.title = title
    for row in rows:
        made.active.append(row)
    for name, cells in more:
        sheet = made.create_sheet(name)
        for row in cells:
            sheet.append(row)
    made.save(path)
    return path


def workbook() -> bytes:
    import openpyxl

    made, out = openpyxl.Workbook(), io.BytesIO()
    for row in (["text", "label"], ["a b", "x"], ["c d", "y"]):
        made.active.append(row)
    made.save(out)
    return out.getvalue()


def word() -> bytes:
    import docx

    made, out = docx.Document(), io.BytesIO()
    made.add_heading("Head", 1)
    made.add_paragraph("Text of it.")
    made.save(out)
    return out.getvalue()


def with_members(data: bytes, *members: tuple[Any, bytes]) -> bytes:
    """The archive with members added."""
    out = io.BytesIO(data)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return out.getvalue()


def rezipped(data: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    """The archive with members changed by `change(name, data) -> data`."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data)) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for info in old.infolist():
            new.writestr(info.filename, change(info.filename, old.read(info.filename)))
    return out.getvalue()


def replaced(data: bytes, member: str, content: bytes) -> bytes:
    """The archive with other bytes in one member."""
    return rezipped(data, lambda name, inside: content if name == member else inside)
