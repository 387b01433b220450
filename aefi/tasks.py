"""Background jobs of the register. Each job is a row; a task that is lost or repeated harms nothing."""

from uuid import UUID

from celery import shared_task

from aefi.services import case_exports, case_reminders, group_reminders, screening, screening_runs
from alerts.gateways import clock


@shared_task
def run_screening(run_id: str, **_unknown: object) -> bool:
    """Compute one screening run; safe to repeat and to overlap."""
    return screening.compute_run(run_uuid=UUID(run_id), clock=clock.now)


@shared_task
def run_waiting_screenings(**_unknown: object) -> int:
    """Compute the runs whose knock was lost or whose worker died."""
    return screening.compute_waiting(clock=clock.now)


@shared_task
def screen_nightly(**_unknown: object) -> int:
    """Ask for tonight's runs and compute them."""
    screening_runs.request_nightly_runs(now=clock.now())
    return screening.compute_waiting(clock=clock.now)


@shared_task
def write_case_export(run_id: str, **_unknown: object) -> bool:
    """Write one workbook of cards; safe to repeat and to overlap."""
    return case_exports.write_export(export_uuid=UUID(run_id), clock=clock.now)


@shared_task
def tend_case_exports(**_unknown: object) -> int:
    """Write what was left lying, and remove the files that were kept long enough."""
    case_exports.drop_old(clock=clock.now)
    return case_exports.write_waiting(clock=clock.now)


@shared_task
def arm_case_reminders(**_unknown: object) -> int:
    """Arm what has no reminder: cases and groups from before an upgrade, and those whose timer was set aside."""
    return case_reminders.arm_missing() + group_reminders.arm_missing()
