"""Passages found for a question and handed to a strategy."""
