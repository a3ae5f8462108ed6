"""Read unlabelled text: files and folders of .txt and .md, and data files with a text field.

What it is for   retrieval and continued pretraining
Watch out        a folder is read with all its sub-folders, hidden ones left out; other suffixes are passed over
                 and counted
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from assay.aim.columns import as_text
from assay.curate.reading.columnar import DATA_SUFFIXES
from assay.curate.reading.findings import KEPT, Findings, shown
from assay.curate.reading.read import Read, read, split_head
from assay.curate.reading.source import lines, opened
from assay.errors import DataError, Problem
from assay.nouns import Document

FILE_LIMIT = 100_000
TEXT_SUFFIXES = (".txt", ".md", ".markdown", ".text", ".rst")
_BODIES = ("text", "content", "contents", "body", "passage", "document", "abstract")


@dataclass(frozen=True, slots=True)
class Corpus:
    documents: list[Document]
    warnings: list[dict]  # {code, count, text}


def read_documents(paths: Iterable[str | Path], base: Path) -> list[Document]:
    """The documents of `read_corpus`."""
    return read_corpus(paths, base).documents


def read_corpus(paths: Iterable[str | Path], base: Path) -> Corpus:
    """All documents under `paths`, in the order given, files of a folder by name.

    Args:
        paths: text files, data files with a text field, or folders of text files; relative ones start at `base`.
        base: the project's folder; a document's id is its path from there, with ":line" for a row of a data file.

    Raises:
        DataError: D062 when no file has text, D063 for over 100,000 files, and what reading a file may raise.
    """
    paths = list(paths)
    problems: list[Problem] = []
    documents: dict[str, Document] = {}
    blank: list[str] = []
    files, passed = _files(paths, base, problems)
    for path, head in files:
        place = shown(path, base)
        try:
            found = _read(path, head, base, place)
        except DataError as error:
            if [problem.code for problem in error.problems] == ["D004"]:
                blank.append(place)
            else:
                problems.extend(error.problems[: KEPT - len(problems)])
            continue
        if not any(document.text.strip() for document in found):
            blank.append(place)
        documents.update((document.id, document) for document in found if document.text.strip())
    if not documents and not problems:
        told = f"no text in {len(blank)} of {len(files)} files" if files else "no text files"
        first = shown(_absolute(paths[0] if paths else "", base), base)
        problems.append(
            Problem("D062", told, blank[0] if blank else first, help="a scanned page needs text recognition first")
        )
    if problems:
        raise DataError(*problems)
    warnings = []
    if blank:
        told = f"no text in {len(blank)} of {len(files)} files; first: {blank[0]}"
        warnings.append({"code": "D062", "count": len(blank), "text": told})
    if passed:
        told = f"{passed:,} files passed over: only {', '.join(TEXT_SUFFIXES)} are read in a folder"
        warnings.append({"code": "D062", "count": passed, "text": told})
    return Corpus(list(documents.values()), warnings)


def _absolute(path: str | Path, base: Path) -> Path:
    return base / path


def _files(
    paths: Iterable[str | Path], base: Path, problems: list[Problem]
) -> tuple[list[tuple[Path, int | None]], int]:
    files: list[tuple[Path, int | None]] = []
    passed = 0
    for given in paths:
        path, head = split_head(_absolute(given, base))
        if not path.is_dir():
            files.append((path, head))
            continue
        for folder, inner, names in os.walk(path):
            inner[:] = sorted(name for name in inner if not name.startswith("."))
            fit = sorted(name for name in names if not name.startswith("."))
            texts = [name for name in fit if name.lower().removesuffix(".gz").endswith(TEXT_SUFFIXES)]
            passed += len(fit) - len(texts)
            files += [(Path(folder) / name, None) for name in texts]
            if len(files) > FILE_LIMIT:
                told = f"over {FILE_LIMIT:,} files"
                problems.append(
                    Problem("D063", told, shown(path, base), help="join them to a data file: one document a row")
                )
                return [], 0
    return files, passed


def _read(path: Path, head: int | None, base: Path, place: str) -> list[Document]:
    if path.name.lower().removesuffix(".gz").endswith(DATA_SUFFIXES):
        return _from_rows(read(path, head=head, base=base))
    found = Findings(place)
    with opened(path, place) as source:
        text = "".join(line for _, line in lines(source, found, whole=True))
    found.settle()
    return [Document(place, text, place)]


def _from_rows(table: Read) -> list[Document]:
    folded = {name.casefold(): name for name in reversed(table.names)}
    body = next((folded[name] for name in _BODIES if name in folded), None)
    if body is None:
        names = ", ".join(table.names[:12])
        told = f"no field for a document's text; there are: {names}"
        raise DataError(Problem("D027", told, table.place, help=f"call it {_BODIES[0]}"))
    title, date = folded.get("title"), folded.get("date")
    documents = []
    for raw in table.rows:
        parts = [as_text(raw.fields.get(name)) for name in (title, body) if name]
        text = "\n".join(part for part in parts if part.strip())
        documents.append(Document(raw.source, text, raw.source, as_text(raw.fields.get(date)) if date else ""))
    return documents
