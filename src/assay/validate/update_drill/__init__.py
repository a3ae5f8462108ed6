"""How long an arm takes until it answers by a change, and what it loses."""
