"""Who may use which address: one row per route and method. A new route needs a row here."""

from tests.routes import aefi, alerts, observation, pages
from tests.routes.row import CALLERS, Route
from tests.routes.scene import Scene

ROUTES = [*alerts.ROUTES, *observation.ROUTES, *aefi.ROUTES, *pages.ROUTES]

__all__ = ["CALLERS", "ROUTES", "Route", "Scene"]
