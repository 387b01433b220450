"""Fill a benchmark's register with cases of one county, as many as asked for.

Run by `register.py` in the product's environment with their number.
"""

import os
import sys
import uuid
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboards.project.settings")

import django

django.setup()

from aefi.exchange import stored  # noqa: E402
from aefi.exchange.case import CaseFacts, EventFacts, VaccineFacts  # noqa: E402
from aefi.models import Case, CaseOrigin, CaseState, Classification, Filing  # noqa: E402
from aefi.models.cases import NEVER  # noqa: E402
from aefi.rules.clock_rules import Fact, Proof  # noqa: E402
from aefi.services import cases, indicators  # noqa: E402
from aefi.services.cases import Act  # noqa: E402
from alerts.gateways import clock  # noqa: E402
from alerts.models import Site  # noqa: E402
from alerts.outbox import Origin  # noqa: E402

BUNDLE = 2000
TERMS = ("发热", "局部红肿", "皮疹", "头晕", "呕吐")


def pattern(site: Site) -> Case:
    """Open one case as the product does; the others are made in its image."""
    facts = CaseFacts(
        "",
        patient_name="王小明",
        events=(EventFacts("发热"),),
        vaccines=(VaccineFacts("流感病毒裂解疫苗", lot="FLU202601"),),
    )
    return cases.open_by_hand(site, facts, Act(Origin(), clock.now()))


def image(model: Case, number: int) -> Case:
    """Return an unsaved case of its own number, name, term and days within the last year."""
    opened_at = model.opened_at - timedelta(minutes=5 * number)
    name, lot = f"张{number:06d}", f"FLU{number % 500:05d}"
    facts = {
        **model.facts,
        "case_number": f"3101042025{number:06d}",
        "patient_name": name,
        "events": [{**model.facts["events"][0], "term": TERMS[number % len(TERMS)]}],
        "vaccines": [{**model.facts["vaccines"][0], "lot": lot}],
    }
    received_at = opened_at + timedelta(hours=number % 60)
    due_at = opened_at + timedelta(hours=48) if number % 3 else None
    return Case(
        uuid=uuid.uuid4(),
        number=facts["case_number"],
        site=model.site,
        state=CaseState.SUBMITTED if number % 10 else CaseState.CLOSED,
        origin=CaseOrigin.BY_HAND,
        facts=facts,
        searched=cases._searched(stored.from_json(facts)),
        missing=model.missing,
        month=indicators.month_of(opened_at),
        is_serious=number % 20 == 0,
        milestones={
            Fact.DISCOVERED: opened_at.isoformat(),
            Fact.REPORT_RECEIVED: received_at.isoformat(),
        },
        due_at=due_at,
        sort_at=due_at or NEVER,
        opened_at=opened_at,
    )


def judge(made: list[Case]) -> None:
    """Keep with each case which indicators it meets."""
    rows = Case.objects.filter(pk__in=[case.pk for case in made])
    verdicts = {row.number: indicators.verdicts_of(row) for row in indicators.records_among(rows)}
    for case in made:
        case.verdicts = verdicts[case.number]
    Case.objects.bulk_update(made, ["verdicts"])


def fill(model: Case, many: int) -> None:
    """Write the cases, with a filing and a class each."""
    for first in range(0, many, BUNDLE):
        made = [image(model, number) for number in range(first, min(first + BUNDLE, many))]
        made = Case.objects.bulk_create(made)
        common = {"at": model.opened_at, "by": None}
        Filing.objects.bulk_create(
            Filing(
                case=case,
                proof=Proof.CARD_ACCEPTED,
                reference=case.number,
                done_at=case.opened_at,
                **common,
            )
            for case in made
        )
        Classification.objects.bulk_create(
            Classification(case=case, kind="final", code="1", reason="x", **common) for case in made
        )
        judge(made)


if __name__ == "__main__":
    fill(pattern(Site.objects.get()), int(sys.argv[1]))
