"""From a name to a folder that is safe to load."""
