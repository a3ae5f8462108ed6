"""What happens in a run, line by line, and the trackers that it is handed to."""
