"""A model at work: writing, scoring, caches of prefixes, constrained decoding."""
