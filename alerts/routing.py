"""Addresses of the sockets."""

from django.urls import path

from alerts.consumers import SiteConsumer

websocket_urlpatterns = [
    # Channels routes ASGI applications through Django's patterns.
    path("ws/sites/<uuid:site>/", SiteConsumer.as_asgi(), name="site-socket"),  # type: ignore[arg-type]
]
