"""Chat messages to tokens, and trees of them."""
