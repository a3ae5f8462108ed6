"""What a training will take, from a few of its steps."""
