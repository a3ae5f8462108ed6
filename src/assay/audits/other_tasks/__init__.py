"""What a strategy knows of the tasks of other projects that it stands on."""
