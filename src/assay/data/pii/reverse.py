"""Back from pseudonyms to the data they stand for, with the table and the key.

    python -m assay.data.pii.reverse --key anonymise.key --table people.table < answers.jsonl

A pseudonym that stands for several data (two writings of one name, or, rarely, two names) becomes
the first by spelling; `ambiguous` counts them. Masks and numbers of masks have no way back.
"""

import argparse
import re
import sys
from pathlib import Path

from assay.core.errors import AssayError
from assay.data.pii.key import read_key
from assay.data.pii.pseudonym_table import entries


class Reverse:
    """`Reverse(table, key_file).text(...)` gives a text with the data put back."""

    def __init__(self, table: Path, key_file: Path):
        found: dict[str, set[str]] = {}
        for made, _, datum in entries(table, read_key(key_file, make=False)):
            found.setdefault(made, set()).add(datum)
        self._data = {made: min(data) for made, data in found.items()}
        self.ambiguous = sum(len(data) > 1 for data in found.values())
        longest_first = sorted(self._data, key=lambda made: (-len(made), made))
        joined = "|".join(map(re.escape, longest_first))
        self._pattern = re.compile(rf"(?<!\w)(?:{joined})(?!\w)") if joined else None

    def text(self, text: str) -> str:
        return (
            self._pattern.sub(lambda found: self._data[found[0]], text) if self._pattern else text
        )


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m assay.data.pii.reverse",
        description="Put the data back in place of pseudonyms.",
    )
    parser.add_argument("--key", type=Path, required=True, help="the key file")
    parser.add_argument("--table", type=Path, required=True, help="the table that the step wrote")
    given = parser.parse_args(arguments)
    try:
        reverse = Reverse(given.table, given.key)
        for line in sys.stdin:
            sys.stdout.write(reverse.text(line))
    except AssayError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
