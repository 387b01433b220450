"""The rules of the AEFI register. Pure: no Django, no clock; datetimes are aware UTC."""
