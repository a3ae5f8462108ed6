"""A log of questions compared with the rows that a strategy learnt from: drift, failures,
feedback."""
