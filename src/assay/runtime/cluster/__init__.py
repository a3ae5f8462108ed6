"""Strategies on the nodes of a Ray cluster: joined, looked at, worked with."""
