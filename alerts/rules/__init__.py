"""The rules of calls, duty and reachability. Pure: no Django, no clock; datetimes are aware UTC."""
