"""Start-up of `alerts`: the handlers of its own timers."""

from django.apps import AppConfig


class AlertsConfig(AppConfig):
    name = "alerts"
    verbose_name = "Alerts"

    def ready(self) -> None:
        from alerts.services import paging, timers  # noqa: PLC0415 - models exist only now

        handlers = {
            "alert.step": paging.step_due,
            "alert.repage": paging.repage_due,
            "alert.unproved": paging.unproved_due,
            "alert.arrival": paging.arrival_due,
            "alert.answerer": paging.answerer_due,
        }
        for kind, handler in handlers.items():
            timers.register(kind, handler, lock=paging.lock_alert)
