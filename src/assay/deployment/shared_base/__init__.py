"""Several fitted strategies on one base in one process."""
