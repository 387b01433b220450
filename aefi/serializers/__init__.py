"""Shapes of the register's requests and answers."""
