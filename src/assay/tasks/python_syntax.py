"""Reading text as Python, without running it and without a word about it.

Watch out   Python's reader can be brought down by text that is deeply nested and long: more than
            20,000 characters are not read. It warns of odd escapes in strings; the filters that
            keep it quiet are the process's, so read in one thread alone
"""

import ast
import warnings

LONGEST = 20_000  # characters
UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError)


def parse_python(text: str) -> ast.Module:
    """The syntax tree.

    Raises:
        SyntaxError, ValueError, RecursionError, MemoryError (`UNREADABLE`): it is no Python, or too
            long.
    """
    if len(text) > LONGEST:
        raise ValueError(f"longer than {LONGEST:,} characters")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)


def reads(text: str) -> bool:
    """Can it be read as Python?"""
    try:
        parse_python(text)
    except UNREADABLE:
        return False
    return True
