"""Start-up of `aefi`: what it follows in the hall, and the handler of its timer."""

from django.apps import AppConfig


class AefiConfig(AppConfig):
    name = "aefi"
    verbose_name = "AEFI register"

    def ready(self) -> None:
        from aefi.services import (  # noqa: PLC0415 - models exist only now
            case_clocks,
            case_facts,
            case_reminders,
            group_clocks,
            group_reminders,
            groups,
        )
        from alerts import outbox  # noqa: PLC0415
        from alerts.services import timers  # noqa: PLC0415
        from observation.services import privacy  # noqa: PLC0415

        privacy.keep_for(case_facts.in_register)
        timers.register(groups.DUE, groups.groups_due)
        remind, lock = case_reminders.reminder_due, case_reminders.lock_site
        timers.register(case_clocks.REMINDER, remind, lock=lock)
        remind_group, lock_group = group_reminders.reminder_due, group_reminders.lock_site
        timers.register(group_clocks.REMINDER, remind_group, lock=lock_group)
        for type_ in groups.FOLLOWED:
            outbox.on_event(type_, groups.look_soon)
