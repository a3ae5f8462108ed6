"""What taggers of words share."""
