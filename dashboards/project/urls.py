"""Every address of the product."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from alerts.urls import health_urlpatterns, metrics_urlpatterns
from observation.urls import fhir_urlpatterns

handler400 = "dashboards.project.errors.bad_request"
handler404 = "dashboards.project.errors.not_found"
handler500 = "dashboards.project.errors.fault"

urlpatterns: list[URLPattern | URLResolver] = [
    path("api/v1/", include("alerts.urls")),
    path("api/v1/", include("observation.urls")),
    path("api/v1/", include("aefi.urls")),
    path("fhir/", include(fhir_urlpatterns)),
    path("api/schema/", SpectacularAPIView.as_view(permission_classes=()), name="schema"),
    # The split view fetches its script from an address, as the policy against inline script asks.
    path(
        "api/docs/",
        SpectacularSwaggerSplitView.as_view(
            permission_classes=(), template_name="dashboards/api_docs.html"
        ),
        name="docs",
    ),
    path("health/", include(health_urlpatterns)),
    path("", include(metrics_urlpatterns)),
    # One way in for everybody: the lock screen asks for the second step, the administration's own does not.
    path("admin/login/", RedirectView.as_view(pattern_name="lock", query_string=True)),
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include("dashboards.urls")),
]
