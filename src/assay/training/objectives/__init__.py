"""Objectives: `objective(model, batch) -> Loss`. A penalty is a function that wraps another
objective."""
