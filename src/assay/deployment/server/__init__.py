"""The server as a command: which strategies it opens, and the log of its requests."""
