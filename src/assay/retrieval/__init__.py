"""The parts of retrieval: words and vectors that find passages, their fusion, what is asked, what
is handed over."""
