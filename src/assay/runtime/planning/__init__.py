"""What a run will take, from a few steps and answers of each strategy."""
