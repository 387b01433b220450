"""Pure translation of one case to and from the formats of other systems: no Django, no clock."""
