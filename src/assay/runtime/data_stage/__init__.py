"""Rows from files to splits, with labels of people and without what must not leave: kept under a
key."""
