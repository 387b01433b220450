"""Encrypted backups: what is in one, how it is sealed, how it comes back."""
