"""Linear models on words, characters and sentence vectors."""
