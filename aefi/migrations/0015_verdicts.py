"""Keep with each case its month and which indicators it meets, so that a year is counted at once."""

from django.conf import settings
from django.db import migrations, models


from aefi.services.indicators import COLUMNS, month_of, record_of, verdicts_of


def fill_verdicts(apps, _schema):
    """Work out the new columns of each case from its row, its filings and its final class."""
    Case = apps.get_model("aefi", "Case")
    for row in Case.objects.order_by("pk").values("pk", *COLUMNS).iterator(chunk_size=500):
        case = Case.objects.get(pk=row["pk"])
        filed = {}
        for proof, at in case.filings.order_by("done_at").values_list("proof", "done_at"):
            filed.setdefault(proof, at)
        final = case.classifications.filter(kind="final").order_by("-at", "-pk").first()
        verdicts = verdicts_of(record_of(row, final.code if final else "", filed))
        month = month_of(row["opened_at"])
        Case.objects.filter(pk=row["pk"]).update(month=month, verdicts=verdicts)


class Migration(migrations.Migration):

    dependencies = [
        ('aefi', '0014_worklist_index'),
        ('alerts', '0003_notes'),
        ('observation', '0004_add_consent_and_forgetting'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='case',
            name='month',
            field=models.CharField(default='', help_text="When it was opened, in China's time", max_length=7),
        ),
        migrations.AddField(
            model_name='case',
            name='verdicts',
            field=models.CharField(default='', help_text='For each indicator: 1 met, 0 failed, - not asked', max_length=6),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(fields=['merged_into', 'site', 'opened_at', 'origin', 'month', 'verdicts'], name='case_by_verdict'),
        ),
        migrations.RunPython(fill_verdicts, migrations.RunPython.noop),
    ]
