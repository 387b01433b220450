"""Start-up of `aefi`: what it follows in the hall, and the handler of its timer."""

from django.apps import AppConfig


class AefiConfig(AppConfig):
    name = "aefi"
    verbose_name = "AEFI register"

    def ready(self) -> None:
        from aefi.services import groups  # noqa: PLC0415 - models exist only now
        from alerts import outbox  # noqa: PLC0415
        from alerts.services import timers  # noqa: PLC0415

        timers.register(groups.DUE, groups.groups_due)
        for type_ in groups.FOLLOWED:
            outbox.on_event(type_, groups.look_soon)
