"""Which rules of the policy each arm keeps."""
