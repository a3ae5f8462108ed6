"""What a strategy costs: seconds, memory, energy, latency, tokens, hours of people."""
