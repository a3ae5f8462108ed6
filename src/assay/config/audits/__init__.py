"""The sections under `validate:` of the project file, one an audit."""
