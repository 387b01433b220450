"""Keep with each case which key items its card lacks and where the worklist sorts it."""

from datetime import UTC, datetime
from typing import Any

from django.db import migrations, models

from aefi.exchange import card, stored

NEVER = datetime(9999, 1, 1, tzinfo=UTC)


def work_out(apps: Any, _schema: Any) -> None:
    """Fill the new columns from the newest version of each case."""
    for case in apps.get_model("aefi", "Case").objects.iterator(chunk_size=500):
        case.missing = [item.item.number for item in card.missing(stored.from_json(case.facts))]
        case.sort_at = case.due_at or NEVER
        case.save(update_fields=["missing", "sort_at"])


class Migration(migrations.Migration):
    dependencies = [("aefi", "0006_guardian_links_and_answers")]
    operations = [
        migrations.AddField(
            model_name="case",
            name="missing",
            field=models.JSONField(
                default=list, help_text="Numbers of the card's key items that are empty"
            ),
        ),
        migrations.AddField(
            model_name="case",
            name="sort_at",
            field=models.DateTimeField(
                default=NEVER,
                help_text="The nearest limit; far away without one, so that an index sorts",
            ),
        ),
        migrations.AddIndex(
            model_name="case",
            index=models.Index(fields=["site", "sort_at", "opened_at", "id"], name="case_by_limit"),
        ),
        migrations.RunPython(work_out, migrations.RunPython.noop),
    ]
