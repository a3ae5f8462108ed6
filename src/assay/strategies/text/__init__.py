"""Sentences and passages of a text."""
