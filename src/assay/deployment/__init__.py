"""A fitted strategy in use: asked, served, exported, watched."""
