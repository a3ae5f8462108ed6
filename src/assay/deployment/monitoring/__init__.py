"""Are the questions of today those that the specialist was made for? What is new in them, and what
to label next."""
