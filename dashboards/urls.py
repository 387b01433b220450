"""Addresses of the pages."""

from django.urls import include, path

from dashboards.views import (
    access,
    app_files,
    cases,
    figures,
    guardian,
    lan,
    pages,
    persons,
    screening,
    second_step,
)

site_pages = [
    path("board/", pages.board, name="board"),
    path("check-in/", pages.check_in, name="check-in"),
    path("station/", pages.station, name="station"),
    path("hall/", pages.hall, name="hall"),
    path("lead/", pages.lead, name="lead"),
    path("muster/", pages.muster, name="muster"),
    path("paper/", pages.paper, name="paper"),
    path("floor-sheet/", pages.floor_sheet, name="floor-sheet"),
    path("figures/", figures.figures, name="figures"),
    path("devices/", lan.devices, name="devices"),
    path("devices/<uuid:device>/retire/", lan.retire, name="device-retire"),
    path("guardian/<uuid:observation>/", guardian.slip, name="guardian-slip"),
    path("guardian/<uuid:observation>/revoke/", guardian.revoke, name="guardian-revoke"),
    path("persons/", persons.persons, name="persons"),
    path("merges/<uuid:merge>/undo/", persons.undo, name="merge-take-back"),
    path("alarm/", pages.alarms, name="alarms"),
    path("alarm/<uuid:alert>/run-sheet/", pages.run_sheet, name="run-sheet"),
]

urlpatterns = [
    path("", access.home, name="home"),
    path("lock/", access.lock, name="lock"),
    path("second-step/", second_step.second_step_page, name="second-step"),
    path("leave/", access.leave, name="leave"),
    path("enrol/<str:code>/", access.enrol, name="enrol"),
    path("sites/<uuid:site>/", include(site_pages)),
    path("alarm/<uuid:alert>/", pages.alarm, name="alarm"),
    path("g/<str:secret>/", guardian.family, name="guardian"),
    path("g/<str:secret>/state/", guardian.state, name="guardian-state"),
    path("g/<str:secret>/call/", guardian.call, name="guardian-call"),
    path("g/<str:secret>/answer/", guardian.answer, name="guardian-answer"),
    path("cases/", cases.desk, name="desk"),
    path("cases/<uuid:key>/", cases.case, name="case-page"),
    path("signals/", screening.signals, name="signals"),
    path("signals/ask/", screening.ask, name="signals-ask"),
    path("signals/<uuid:key>/", screening.signal, name="signal"),
    path("signals/runs/<uuid:run>/<str:name>.svg", screening.chart, name="signals-chart"),
    path("lots/<uuid:lot>/recipients/", screening.recipients, name="recipients"),
    path("lots/<uuid:lot>/recipients.csv", screening.recipients_file, name="recipients-file"),
    path("trust/", lan.trust, name="trust"),
    path("trust/<str:name>", lan.authority_file, name="trust-file"),
    path("sw.js", app_files.service_worker, name="service-worker"),
    path("manifest.webmanifest", app_files.manifest, name="manifest"),
]
