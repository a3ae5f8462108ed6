"""What all else stands on: nouns, errors, settings, files. Nothing here imports another package of
assay."""
