"""Running what a model has written: Python against tests, SQL against a database, each in a sandbox
of bubblewrap's."""
