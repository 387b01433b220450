"""Celery for what may wait: screening, documents, housekeeping; never a page, never a timer."""

import os
from pathlib import Path

from celery import Celery
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboards.project.settings")

app = Celery("aefi")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


def make_broker_folders() -> None:
    """Make the folders of the file broker, where there is one."""
    for folder in settings.CELERY_BROKER_TRANSPORT_OPTIONS.values():
        if isinstance(folder, str):
            Path(folder).mkdir(parents=True, exist_ok=True)


app.on_after_configure.connect(lambda **_signal: make_broker_folders(), weak=False)
