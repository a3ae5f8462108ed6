"""Whether answers change with who is spoken of."""
