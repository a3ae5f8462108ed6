"""Tables for spreadsheet programs: CSV that they read without asking, and leave as it is.

CSV      UTF-8 with a byte order mark, every cell quoted, CRLF
Guard    a cell that a spreadsheet would compute or rewrite (=1+1, -5, 007, 1/2, MAR1, TRUE) gets
         a ' before it, which `bare` takes off again; so does a cell that begins with ' itself, and
         what comes back is exact
Source   OWASP, CSV Injection, owasp.org/www-community/attacks/CSV_Injection
"""

import csv
import io
import re
from collections.abc import Sequence

MARK = "\ufeff"  # before the first line
_COMPUTED = "=+-@＝＋－＠'"
_MONTHS = "jan feb mar apr may mai jun jul aug sep sept oct okt nov dec dez".split()
_MONTHS += (
    "january february march april june july august september october november december".split()
)
_LETTERS = re.compile(r"[^\W\d_]+")
_WORDS = {"true", "false", "wahr", "falsch", "vrai", "faux", "verdadero", "falso"}


def escape_cell(text: str) -> str:
    """The cell as a spreadsheet leaves it alone."""
    return f"'{text}" if _rewritten(text) else text


def bare(cell: str) -> str:
    """What `escape_cell` was given."""
    return cell.removeprefix("'")


def _rewritten(text: str) -> bool:
    if text[:1] in ("\t", "\r", "\n") or text.lstrip()[:1] in tuple(_COMPUTED):
        return True
    short = text.strip().casefold()
    if len(short) > 40 or short in _WORDS:
        return short in _WORDS
    # Only numbers, dates and times have digits and no other letters than those of a month, an
    # exponent or an hour.
    letters = _LETTERS.findall(short)
    return any(map(str.isdigit, short)) and all(
        word in ("e", "am", "pm", "h", *_MONTHS) for word in letters
    )


def csv_line(cells: Sequence[str]) -> str:
    """A line of cells that are guarded, or need no guard."""
    out = io.StringIO(newline="")
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerow(cells)
    return out.getvalue()
