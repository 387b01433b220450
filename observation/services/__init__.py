"""Changes over several rows of the floor: doses, seats, the watch, reactions, import."""
