"""What an arm's mistakes have in common."""
