"""Settings of a strategy that are searched."""
