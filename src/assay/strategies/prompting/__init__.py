"""A language model asked as it is."""
