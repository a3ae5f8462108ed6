"""The program in what a model has written: in a fence, or as it stands.

Fence      the first fenced block of the task's language, or of none that is named, which can be
           read; a fence that was cut off ends with the text. Where none can be read, the first
No fence   the whole text, when it can be read; else the lines from the first that begins a program,
           up to the last with which they can be read. SQL: from the first SELECT or WITH up to a
           semicolon or an empty line
None       no fence and nothing that begins a program: the answer counts as not parsed
"""

import re

from assay.tasks.python_syntax import reads

FENCE = re.compile(
    r"^[ \t]*(`{3,}|~{3,})[ \t]*([\w+.#-]*)[^\n]*\n(.*?)(?:^[ \t]*\1[ \t]*$|\Z)",
    re.MULTILINE | re.DOTALL,
)
BEGINS = re.compile(r"^(?:def|class|import|from|async def|@)\b|^@|^[A-Za-z_]\w*\s*=", re.MULTILINE)
QUERY = re.compile(r"^\s*(?:SELECT|WITH)\b", re.MULTILINE | re.IGNORECASE)
NAMES = {"python": ("", "python", "py", "python3"), "sql": ("", "sql", "sqlite", "sqlite3")}
MOST = 200  # lines that a program without a fence is looked for in


def code_of(text: str, language: str) -> str | None:
    """The program or query in `text`; None where there is none."""
    blocks = [
        block.group(3)
        for block in FENCE.finditer(text)
        if block.group(2).lower() in NAMES[language]
    ]
    blocks = [block for block in blocks if block.strip()]
    if language == "sql":
        return _query(blocks[0] if blocks else text)
    if blocks:
        return next((block for block in blocks if reads(block)), blocks[0]).rstrip()
    return _program(text)


def strict_code(text: str, language: str) -> str | None:
    """The program, when `text` is one fenced block or a program and nothing else."""
    whole = FENCE.fullmatch(text.strip() + "\n") or FENCE.fullmatch(text.strip())
    if whole:
        return code_of(text, language)
    if language == "sql":
        found = _query(text)
        return found if found == text.strip().rstrip(";").rstrip() else None
    return text.strip("\n") if text.strip() and reads(text) else None


def _program(text: str) -> str | None:
    if text.strip() and reads(text):
        # One word, or a sentence without a verb, is Python, too: it has to begin like a program.
        return text.rstrip() if BEGINS.search(text) else None
    begin = BEGINS.search(text)
    if begin is None:
        return None
    lines = text[begin.start() :].splitlines()[:MOST]
    for end in range(len(lines), 0, -1):
        if reads("\n".join(lines[:end])):
            return "\n".join(lines[:end]).rstrip()
    return "\n".join(lines).rstrip()


def _query(text: str) -> str | None:
    begin = QUERY.search(text)
    if begin is None:
        return None
    query = re.split(r"\n\s*\n", text[begin.start() :].strip(), maxsplit=1)[0]
    return _until_semicolon(query).strip() or None


def _until_semicolon(query: str) -> str:
    """Up to the first semicolon outside quotes: what follows is another statement, and is not
    run."""
    quote = ""
    for at, letter in enumerate(query):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"`":
            quote = letter
        elif letter == ";":
            return query[:at]
    return query
