"""The floor over HTTP: each verb makes one call into the services and translates the answer."""
