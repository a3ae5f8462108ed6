"""A small database of a shop, and a query on it that does not end."""

import hashlib
import sqlite3
from pathlib import Path

# It does end, after many minutes: a test that nothing interrupts fails then, and does not hang.
ENDLESS = (
    "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 10000000000)"
    " SELECT count(*) FROM n"
)
ITEMS = [
    ("pen", 1.5, "office"),
    ("ink", 4.0, "office"),
    ("tea", 3.0, "food"),
    ("tea", 3.0, "food"),
]


def write_shop(path: Path) -> Path:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE item (name TEXT, price REAL, kind TEXT)")
        connection.executemany("INSERT INTO item VALUES (?, ?, ?)", ITEMS)
    connection.close()
    return path


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
