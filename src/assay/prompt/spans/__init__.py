"""Short answers that stand in a text: which runs of words may be one, what speaks for each, and a network that weighs it."""
