"""The sections under `evaluate:` of the project file, one an audit."""
