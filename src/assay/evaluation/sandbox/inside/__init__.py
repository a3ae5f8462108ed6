"""What runs inside a sandbox: the candidate's side, the checker's side, and what may cross between
them. It imports the standard library and itself alone, since nothing else of assay is there."""
