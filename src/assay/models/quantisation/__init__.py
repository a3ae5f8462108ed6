"""Files with rounded weights."""
