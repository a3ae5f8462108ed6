"""What holds a network to what it knew while it learns something else: remedies against forgetting,
and their measure of what counts."""
