"""A fitted strategy made smaller."""
