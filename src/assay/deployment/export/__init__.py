"""Export as a command: which strategy, in which format, and whether the copy answers alike."""
