"""The command line: one module a command, what all show, and `main`, which ties them together."""
