"""What people say of the answers: two arms side by side, blind."""
