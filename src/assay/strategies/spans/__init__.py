"""Short answers that stand in a text: runs of words, what speaks for each, and a network that
weighs it."""
