"""Shapes of what the API of `alerts` takes and gives."""
