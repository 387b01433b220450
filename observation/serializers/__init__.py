"""Shapes of the floor's requests and answers."""
