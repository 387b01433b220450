"""The wiring. Loading it gives every task the product's own Celery, in every process."""

from dashboards.project.celery import app as celery_app

__all__ = ["celery_app"]
