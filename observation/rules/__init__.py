"""The rules of the floor: the watch, signs, lots, persons. Pure: no Django, no clock."""
