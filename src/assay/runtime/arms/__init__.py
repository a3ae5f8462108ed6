"""Fitted strategies: their keys, the processes that fit and ask them, and how one is opened
again."""
