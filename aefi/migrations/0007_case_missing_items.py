"""Keep with each case which key items its card lacks; worked out once for the cases there are."""

from typing import Any

from django.db import migrations, models

from aefi.exchange import card, stored


def work_out(apps: Any, _schema: Any) -> None:
    """Fill the new column from the newest version of each case."""
    for case in apps.get_model("aefi", "Case").objects.iterator(chunk_size=500):
        case.missing = [item.item.number for item in card.missing(stored.from_json(case.facts))]
        case.save(update_fields=["missing"])


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
        migrations.RunPython(work_out, migrations.RunPython.noop),
    ]
