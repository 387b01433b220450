"""The knock that tells a worker of a job; the job is a row, and beat finds it where no knock came."""

import structlog
from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

from aefi.models import CaseExport, ScreeningRun

log = structlog.get_logger(__name__)


def knock(run: ScreeningRun) -> None:
    """Have a worker look at the run once it is committed; a broker that is away is no error."""
    transaction.on_commit(lambda: _send("aefi.tasks.run_screening", str(run.uuid)))


def knock_for_export(export: CaseExport) -> None:
    """Have a worker look at the export once it is committed."""
    transaction.on_commit(lambda: _send("aefi.tasks.write_case_export", str(export.uuid)))


def _send(task: str, uuid: str) -> None:
    try:
        current_app.send_task(task, kwargs={"run_id": uuid}, retry=False)
    except (OperationalError, OSError):
        log.warning("knock_lost", task=task, run=uuid, exc_info=True)
