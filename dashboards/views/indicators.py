"""The officer's indicators: shares with every failure, rates per 100,000 doses, and both as a file."""

import csv
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from aefi.rules.clocks import CHINA
from aefi.rules.indicators import TARGETS, Rate, Share
from aefi.services import indicators, worklist
from aefi.services.indicators import Group, Period, Tally
from alerts.gateways import clock
from alerts.models import Site, User
from dashboards.indicator_words import GROUPS, SHARES, reason_words
from dashboards.selectors import Viewer
from dashboards.views.cases import desk_page, for_writers

MOST_FAILURES = 200
"""Failures shown for one share; the file has them all."""
YEARS = range(1990, 2101)
Failed = tuple[str, UUID | None, str]
"""A case or county that failed, its key where it has a page, and why."""


def plausible(day: date) -> None:
    """Refuse a day no register reaches.

    :raises ValidationError: outside `YEARS`.
    """
    if day.year not in YEARS:
        raise forms.ValidationError(_("Choose a day between 1990 and 2100."))


class PeriodForm(forms.Form):
    """From which day to which."""

    since = forms.DateField(
        label=_("From"), widget=forms.DateInput({"type": "date"}), validators=[plausible]
    )
    until = forms.DateField(
        label=_("Until"), widget=forms.DateInput({"type": "date"}), validators=[plausible]
    )

    def clean(self) -> dict[str, Any]:
        """Refuse a period that ends before it begins."""
        since, until = self.cleaned_data.get("since"), self.cleaned_data.get("until")
        if since and until and until < since:
            self.add_error("until", _("The last day lies before the first one."))
        return self.cleaned_data


def asked(request: HttpRequest) -> tuple[PeriodForm, Period]:
    """Return the period in the address; this year where there is none, or none that can be."""
    today = clock.now().astimezone(CHINA).date()
    form = PeriodForm(request.GET or {"since": f"{today.year}-01-01", "until": f"{today}"})
    if form.is_valid():
        return form, Period(**form.cleaned_data)
    return form, Period(date(today.year, 1, 1), today)


@require_safe
@for_writers
def indicators_page(request: HttpRequest, viewer: Viewer, person: User) -> HttpResponse:
    """Show the indicators of the reader's sites."""
    form, period = asked(request)
    sites = worklist.sites_of(person)
    groups = indicators.tallies_of(sites, period)
    shares = indicators.in_all(groups.values())
    rates = indicators.rates_of(sites, period)
    context = {
        "form": form,
        "period": period,
        "cases": shares["complete"].denominator,
        "shares": [
            *(
                _share_row(name, share, _failures(sites, period, name))
                for name, share in shares.items()
            ),
            _counties_row(indicators.counties_reporting(sites, groups)),
        ],
        "names": [SHARES[name] for name in shares],
        "groups": _group_rows(groups),
        "rates": rates,
        "tables": [(GROUPS[name], [*rows.items()]) for name, rows in rates.groups.items() if rows],
    }
    return desk_page(request, viewer, "indicators", _("Indicators"), context)


def _failures(sites: QuerySet[Site], period: Period, name: str) -> list[Failed]:
    found = indicators.failures_of(sites, period, name, most=MOST_FAILURES)
    return [(row.number, row.uuid, reason_words(reason)) for row, reason in found]


def _share_row(name: str, share: Tally, failures: list[Failed]) -> dict[str, Any]:
    value = share.value
    return {
        "name": SHARES[name],
        "share": share,
        "percent": None if value is None else 100 * value,
        "target": 100 * TARGETS[name],
        "is_met": None if value is None else value >= TARGETS[name],
        "failures": failures,
        "not_shown": share.failed - len(failures),
    }


def _counties_row(share: Share) -> dict[str, Any]:
    failures: list[Failed] = [(one.case, None, reason_words(one.reason)) for one in share.failures]
    shown = failures[:MOST_FAILURES]
    return _share_row("counties", Tally(share.numerator, share.denominator), shown)


def _group_rows(groups: Mapping[Group, Mapping[str, Tally]]) -> list[tuple[Group, list[Tally]]]:
    return [(group, list(shares.values())) for group, shares in groups.items()]


@require_safe
@for_writers
def indicators_file(request: HttpRequest, _viewer: Viewer, person: User) -> HttpResponse:
    """Return the shares by county and month with their failures, and the rates, as CSV."""
    _form, period = asked(request)
    sites = worklist.sites_of(person)
    records = indicators.records_of(sites, period)
    response = HttpResponse(content_type="text/csv; charset=utf-8-sig")
    name = f"indicators-{period.since}-{period.until}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    writer = csv.writer(response)
    writer.writerow(["county", "month", "indicator", "numerator", "denominator", "failed"])
    writer.writerows(_share_lines(indicators.by_county_and_month(records)))
    writer.writerow([])
    writer.writerow(["group", "value", "cases", "doses", "per_100000", "low", "high"])
    writer.writerows(_rate_lines(indicators.rates_of(sites, period).groups))
    return response


def _share_lines(groups: Mapping[Group, Mapping[str, Share]]) -> Iterable[list[object]]:
    for group, shares in groups.items():
        for name, share in shares.items():
            failed = " ".join(one.case for one in share.failures)
            yield [group.county, group.month, name, share.numerator, share.denominator, failed]


def _rate_lines(groups: Mapping[str, Mapping[str, Rate]]) -> Iterable[list[object]]:
    for name, rates in groups.items():
        for value, rate in rates.items():
            shown = value if not value.startswith(("=", "+", "-", "@")) else f"'{value}"
            yield [name, shown, rate.events, rate.doses, rate.value, rate.low, rate.high]
