"""The score against the number of labelled rows: `subsets` chooses the rows, `law` fits the
curve."""
