"""Keep by which name and birth date a case is compared with others, and the pairs that were found."""

import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models

from aefi.exchange import stored
from aefi.services.case_matches import birth_date_of, name_key


def fill_keys(apps, _schema):
    """Fill the new columns from the newest version of each case."""
    for case in apps.get_model("aefi", "Case").objects.iterator(chunk_size=500):
        facts = stored.from_json(case.facts)
        case.name_key, case.birth_date = name_key(facts.patient_name), birth_date_of(facts)
        case.save(update_fields=["name_key", "birth_date"])


class Migration(migrations.Migration):

    dependencies = [
        ('aefi', '0008_two_hours'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='case',
            name='birth_date',
            field=models.DateField(db_index=True, null=True),
        ),
        migrations.AddField(
            model_name='case',
            name='merged_into',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='merged_cases', to='aefi.case'),
        ),
        migrations.AddField(
            model_name='case',
            name='name_key',
            field=models.CharField(blank=True, db_index=True, help_text='The letters of the name, sorted', max_length=80),
        ),
        migrations.CreateModel(
            name='CasePair',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uuid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('score', models.PositiveSmallIntegerField(help_text='Of 100; it sorts and decides nothing')),
                ('reasons', models.JSONField(default=list, help_text='Points and words of each comparison')),
                ('state', models.CharField(choices=[('open', 'Not yet decided'), ('merged', 'One case'), ('different', 'Two different cases')], default='open', max_length=9)),
                ('found_at', models.DateTimeField()),
                ('decided_at', models.DateTimeField(null=True)),
                ('reason', models.CharField(blank=True, max_length=400)),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('kept', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='aefi.case')),
                ('one', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pairs_as_first', to='aefi.case')),
                ('other', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pairs_as_second', to='aefi.case')),
            ],
            options={
                'indexes': [models.Index(fields=['state', '-score'], name='case_pair_by_score')],
                'constraints': [models.UniqueConstraint(fields=('one', 'other'), name='case_pair_once')],
            },
        ),
        migrations.RunPython(fill_keys, migrations.RunPython.noop),
    ]
