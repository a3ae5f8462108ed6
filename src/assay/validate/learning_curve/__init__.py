"""The score against the number of labelled rows."""
