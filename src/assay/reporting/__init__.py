"""What a run leaves: the report with those before it, what the data has, the data card."""
