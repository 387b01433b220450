"""Addresses of `alerts` below `/api/v1/`."""

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from alerts.api import health
from alerts.api.calls import AlertViewSet, PageViewSet, SiteAlertViewSet
from alerts.api.devices import DeviceViewSet, EnrolmentViewSet, SiteDeviceViewSet
from alerts.api.metrics import MetricsView
from alerts.api.places import DutyViewSet, HandoverViewSet, SessionViewSet, SiteViewSet
from alerts.api.streams import EventsView

router = SimpleRouter(use_regex_path=False)
router.register("alerts", AlertViewSet, basename="alert")
router.register("pages", PageViewSet, basename="page")
router.register("sites", SiteViewSet, basename="site")
router.register("sessions", SessionViewSet, basename="session")
router.register("duties", DutyViewSet, basename="duty")
router.register("handovers", HandoverViewSet, basename="handover")
router.register("devices", DeviceViewSet, basename="device")

urlpatterns = [
    path("devices/enrol/", EnrolmentViewSet.as_view({"post": "create"}), name="device-enrol"),
    path(
        "sites/<uuid:site>/alerts/",
        SiteAlertViewSet.as_view({"get": "list", "post": "create"}),
        name="site-alerts",
    ),
    path(
        "sites/<uuid:site>/devices/",
        SiteDeviceViewSet.as_view({"get": "list", "post": "create"}),
        name="site-devices",
    ),
    path("streams/<uuid:site>/events", EventsView.as_view(), name="stream-events"),
    path("", include(router.urls)),
]

health_urlpatterns = [
    path("live", health.live, name="health-live"),
    path("ready", health.ready, name="health-ready"),
    path("engine", health.engine, name="health-engine"),
]

metrics_urlpatterns = [path("metrics", MetricsView.as_view(), name="metrics")]
