"""A simulated day at the demonstration site, played through the public HTTP API only."""
