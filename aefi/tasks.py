"""Background jobs of the register. Each job is a row; a task that is lost or repeated harms nothing."""

from uuid import UUID

from celery import shared_task

from aefi.services import screening, screening_runs
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
