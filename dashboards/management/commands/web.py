"""`aefi web`: pages, API and sockets."""

from typing import Any

import uvicorn
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import connection

from alerts.gateways import clock

KEEP_ALIVE = 5.0
"""Seconds between pings, and of patience for their answer: a dead socket is gone within ten."""


class Command(BaseCommand):
    help = "Serve pages, API and sockets."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--workers", type=int, default=1, help="processes; PostgreSQL only")
        parser.add_argument("--ssl-certfile", help="certificate, and key unless named apart")
        parser.add_argument("--ssl-keyfile")

    def handle(self, *_args: Any, **options: Any) -> None:
        clock.hold_steady()
        is_shared = connection.vendor == "postgresql"
        uvicorn.run(
            settings.ASGI_APPLICATION.replace(".application", ":application"),
            host=options["host"],
            port=options["port"],
            workers=options["workers"] if is_shared else 1,
            ssl_certfile=options["ssl_certfile"],
            ssl_keyfile=options["ssl_keyfile"],
            lifespan="on",
            ws="dashboards.project.wire:SharedFrames",
            ws_ping_interval=KEEP_ALIVE,
            ws_ping_timeout=KEEP_ALIVE,
            ws_per_message_deflate=False,  # small frames: compressing costs more than it saves
            ws_max_size=64 * 1024,
            timeout_graceful_shutdown=2,
            backlog=4096,
            log_level="warning",
            access_log=False,
        )
