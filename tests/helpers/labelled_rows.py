"""Rows of a CSV file as (text, label)."""

import csv


def csv_rows(path, text, label):
    with path.open(encoding="utf-8", newline="") as file:
        return [(row[text], row[label]) for row in csv.DictReader(file)]
