"""Statistics that screen doses and reactions: NumPy in, frozen dataclasses out, no Django."""
