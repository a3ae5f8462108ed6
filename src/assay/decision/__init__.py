"""Who wins, what it costs, what would change it, and how sure that is."""
