"""`aefi trust_page`: plain HTTP where a device gets the certificate; started by `aefi lan`."""

from typing import Any

import uvicorn
from django.core.asgi import get_asgi_application
from django.core.management.base import BaseCommand, CommandParser

from dashboards.management.plain_site import PlainSite

MOST_AT_ONCE = 64
"""Connections served at a time: a crowd on the hotspot must not eat the laptop's memory."""


class Command(BaseCommand):
    help = "Serve the page that helps devices trust this server's certificate."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8080)
        parser.add_argument("--secure-port", type=int, default=8443)
        parser.add_argument("--fallback", default="localhost", help="name to redirect to")

    def handle(self, *_args: Any, **options: Any) -> None:
        site = PlainSite(
            get_asgi_application(),
            secure_port=options["secure_port"],
            fallback=options["fallback"],
        )
        uvicorn.run(
            site,
            host=options["host"],
            port=options["port"],
            lifespan="off",
            ws="none",
            limit_concurrency=MOST_AT_ONCE,
            timeout_graceful_shutdown=1,
            log_level="warning",
            access_log=False,
        )
