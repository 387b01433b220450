"""Start-up of `observation`: the handlers of the floor's timers."""

from django.apps import AppConfig


class ObservationConfig(AppConfig):
    name = "observation"
    verbose_name = "Observation"

    def ready(self) -> None:
        from alerts.services import timers  # noqa: PLC0415 - models exist only now
        from observation.services import watch  # noqa: PLC0415

        timers.register(watch.DUE, watch.observation_due)
        timers.register_bundle(watch.DUE, watch.observations_due)
        timers.register(watch.NOT_SEATED, watch.not_seated_due)
        timers.register(watch.RECHECK, watch.recheck_due)
