"""What a strategy must beat: no language model is asked or trained."""
