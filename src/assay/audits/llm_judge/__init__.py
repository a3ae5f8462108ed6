"""A model as judge: which of two arms' answers is better, asked with both orders of the answers."""
