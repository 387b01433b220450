"""Two officers send the same file at the same moment: each report opens one case."""

import pytest

from aefi.exchange import vaers
from aefi.exchange.intake import SentFile
from aefi.models import Case, CaseImport, ImportedReport
from aefi.services import case_imports
from aefi.services.cases import Act
from alerts.outbox import Origin
from tests.aefi.test_case_imports import OTHERS
from tests.factories import NOON, make_site
from tests.races import at_once


@pytest.mark.django_db(transaction=True)
def test_each_report_opens_one_case_whoever_comes_first():
    site = make_site(county_code="310104")
    file = SentFile("VAERSDATA.csv", vaers.tables(OTHERS).data.encode())

    answers = at_once(*[lambda: case_imports.take_in(site, [file], Act(Origin(), NOON))[0]] * 2)

    assert all(isinstance(one, CaseImport) for one in answers), answers
    assert Case.objects.count() == ImportedReport.objects.count() == 3
    assert sum(one.opened for one in {one.pk: one for one in answers}.values()) == 3
    assert len(set(Case.objects.values_list("number", flat=True))) == 3
