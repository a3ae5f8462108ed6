"""Numbers, tables and plots as a reader sees them."""
