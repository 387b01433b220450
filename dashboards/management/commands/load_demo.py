"""`aefi load_demo`: make or complete the demonstration site and print how to log in."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from rich.console import Console
from rich.table import Table

from alerts.gateways import clock
from dashboards.management.demo_site import DemoSite, load_demo_site


class Command(BaseCommand):
    help = "Load the demonstration site and print its logins."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--address", default="http://localhost:8000")

    def handle(self, *_args: Any, **options: Any) -> None:
        demo = load_demo_site(now=clock.now())
        print_logins(demo, options["address"])


def print_logins(demo: DemoSite, address: str) -> None:
    """Print the address, the logins with their tokens, and the link that enrols this browser."""
    table = Table(title=f"{demo.site.name} · {demo.site.name_en}", title_justify="left")
    for heading in ("login", "who", "password", "PIN", "API token"):
        table.add_column(heading, no_wrap=True)
    for who, login in demo.logins.items():
        table.add_row(who, login["name"], login["password"], login["pin"], login["token"])
    console = Console(width=150)
    console.print(table)
    console.print(f"Site key  {demo.site.uuid}")
    console.print(
        f"Enrol this browser as a shared tablet (once, 30 min): {address}/enrol/{demo.enrolment_code}"
    )
    console.print(f"Open      [bold]{address}[/bold]")
