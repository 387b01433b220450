"""The hub: one tail per process follows the streams its sockets watch, encoding each event once."""

from alerts.hub.centre import Hub, hub

__all__ = ["Hub", "hub"]
