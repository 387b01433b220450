"""`/metrics` for Prometheus: to a token with the scope `read`, or to this machine itself."""

from collections.abc import Iterator
from ipaddress import ip_address

from django.http import HttpResponse
from django.http.request import split_domain_port
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from alerts.gateways import clock
from alerts.hub import hub
from alerts.models import AccessToken, Site
from alerts.permissions.scope import sites_of
from alerts.rules.figures import Spread
from alerts.services import figures

FORWARDED = ("X-Forwarded-For", "X-Forwarded-Host", "X-Real-Ip", "Forwarded", "Via")
QUANTILES = {"0.5": "p50", "0.95": "p95", "0.99": "p99", "1": "longest"}


def is_from_here(request: Request) -> bool:
    """Say whether this machine itself asks, under a name of its own and not through a proxy."""
    host, _port = split_domain_port(request.get_host())
    return (
        _is_loopback(request.META.get("REMOTE_ADDR", ""))
        and (host == "localhost" or _is_loopback(host.strip("[]")))
        and not any(name in request.headers for name in FORWARDED)
    )


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False


class MayRead(BasePermission):
    """A machine with a token that may read, or this machine itself; persons have a page."""

    message = _("Metrics are read with a token of the scope “read”, or from this machine itself.")

    def has_permission(self, request: Request, view: object) -> bool:
        if isinstance(request.auth, AccessToken):
            return "read" in request.auth.scopes
        return is_from_here(request)


class MetricsView(APIView):
    """The figures in the words of Prometheus; those of sites only as far as the token reaches."""

    permission_classes = (MayRead,)

    @extend_schema(exclude=True)
    def get(self, request: Request) -> HttpResponse:
        registry = CollectorRegistry(auto_describe=False)
        registry.register(Figures(request))
        return HttpResponse(
            generate_latest(registry),
            content_type=CONTENT_TYPE_LATEST,
            headers={"Cache-Control": "no-store"},
        )


class Figures(Collector):
    """Reads the figures once, at the scrape."""

    def __init__(self, request: Request) -> None:
        has_token = isinstance(request.auth, AccessToken)
        self._sites = sites_of(request) if has_token else Site.objects.all()

    def collect(self) -> Iterator[Metric]:
        now = clock.now()
        yield gauge("aefi_sockets", "Sockets that this web process holds", hub.sockets)
        yield from _house(figures.house(now=now))
        yield from _channels(figures.channels(self._sites, now=now))
        yield from _calls(figures.calls(self._sites, now=now))


def gauge(name: str, words: str, value: float) -> Metric:
    """Return a single number."""
    return GaugeMetricFamily(name, words, value=value)


def _house(found: figures.HouseFigures) -> Iterator[Metric]:
    yield spread_metric(
        "aefi_timer_lateness_seconds", "Timers of the last day", [({}, found.timer_lateness)]
    )
    oldest_timer, oldest_page = found.oldest_timer_seconds, found.oldest_page_seconds
    yield gauge("aefi_timer_queue_age_seconds", "The longest a due timer waits", oldest_timer)
    yield gauge("aefi_page_queue_age_seconds", "The longest a due page waits", oldest_page)
    age = found.trial_age_seconds
    yield gauge("aefi_trial_page_age_seconds", "Since a trial page left the site", age)
    yield gauge("aefi_timers_quarantined", "Timers whose handler failed", found.quarantined)
    ages = GaugeMetricFamily(
        "aefi_heartbeat_age_seconds", "Age of the last sign of life", labels=["process"]
    )
    for name, pulse in {"pager": found.pager, "watchdog": found.watchdog}.items():
        ages.add_metric([name], pulse.age_ms / 1000 if pulse else float("inf"))
    yield ages


def _channels(found: list[figures.ChannelFigures]) -> Iterator[Metric]:
    rows = [({"channel": one.channel}, one.latency) for one in found]
    yield spread_metric("aefi_page_latency_seconds", "From the call's page to its proof", rows)
    counts = {
        "aefi_pages": ("Pages of the last day", "pages"),
        "aefi_page_failures": (
            "Attempts that failed, and screens that confirmed nothing",
            "failures",
        ),
        "aefi_pages_given_up": ("Pages given up after every try", "given_up"),
    }
    for name, (words, field) in counts.items():
        metric = GaugeMetricFamily(name, words, labels=["channel"])
        for one in found:
            metric.add_metric([one.channel], getattr(one, field))
        yield metric


def _calls(found: list[figures.CallFigures]) -> Iterator[Metric]:
    counts = {
        "aefi_calls": ("Calls of the last day", "calls"),
        "aefi_calls_running": ("Calls that have not ended", "running"),
        "aefi_calls_unanswered": ("Calls that nobody answered", "unanswered"),
    }
    for name, (words, field) in counts.items():
        metric = GaugeMetricFamily(name, words, labels=["site"])
        for one in found:
            metric.add_metric([str(one.site.uuid)], getattr(one, field))
        yield metric
    for name, words, field in (
        ("aefi_time_to_answer_seconds", "From the call to its first answer", "to_answer"),
        ("aefi_time_to_arrival_seconds", "From the call to a doctor on scene", "to_arrival"),
    ):
        rows = [({"site": str(one.site.uuid)}, getattr(one, field)) for one in found]
        yield spread_metric(name, words, rows)


def spread_metric(
    name: str, words: str, rows: list[tuple[dict[str, str], Spread | None]]
) -> Metric:
    """Return durations as gauges by quantile, with their mean and count; nothing for none."""
    metric = Metric(name, words, "gauge")
    for labels, spread in rows:
        if spread is None:
            continue
        for share, field in QUANTILES.items():
            metric.add_sample(name, {**labels, "quantile": share}, getattr(spread, field))
        metric.add_sample(name, {**labels, "quantile": "mean"}, spread.mean)
    return metric
