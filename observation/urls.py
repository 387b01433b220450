"""Addresses of the floor, relative to `/api/v1/`; `fhir_urlpatterns` are relative to `/fhir/`."""

from django.urls import URLPattern, path

from observation.api import (
    board,
    endings,
    fhir,
    lots,
    people,
    reactions,
    seats,
    sessions,
    stations,
    visits,
    watch,
)

OBSERVATION = "observations/<uuid:uuid>/"
SITE = "sites/<uuid:site>/"

urlpatterns: list[URLPattern] = [
    path(
        f"{SITE}dose-checks/",
        visits.DoseChecks.as_view({"post": "create"}),
        name="site-dose-checks",
    ),
    path(
        f"{SITE}observations/",
        visits.Visits.as_view({"post": "create", "get": "list"}),
        name="site-observations",
    ),
    path(f"{SITE}check-ins/", seats.CheckIns.as_view({"post": "create"}), name="site-check-ins"),
    path(f"{SITE}releases/", endings.Releases.as_view({"post": "create"}), name="site-releases"),
    path(
        f"{SITE}reactions/",
        reactions.SiteReactions.as_view({"post": "create"}),
        name="site-reactions",
    ),
    path(f"{SITE}lots/", lots.SiteLots.as_view({"get": "list"}), name="site-lots"),
    path(f"{SITE}stations/", stations.Stations.as_view({"get": "list"}), name="site-stations"),
    path(
        f"{SITE}stations/stop/",
        stations.Stations.as_view({"post": "stop"}),
        name="site-station-stop",
    ),
    path(
        f"{SITE}stations/resume/",
        stations.Stations.as_view({"post": "resume"}),
        name="site-station-resume",
    ),
    path(f"{SITE}muster/", watch.Muster.as_view({"post": "create"}), name="site-muster"),
    path(f"{SITE}board/", board.Board.as_view({"get": "retrieve"}), name="site-board"),
    path(OBSERVATION, visits.Observations.as_view({"get": "retrieve"}), name="observation-detail"),
    path(
        f"{OBSERVATION}doses/",
        visits.Observations.as_view({"post": "doses"}),
        name="observation-doses",
    ),
    path(f"{OBSERVATION}seat/", seats.Seats.as_view({"post": "seat"}), name="observation-seat"),
    path(f"{OBSERVATION}move/", seats.Seats.as_view({"post": "seat"}), name="observation-move"),
    path(
        f"{OBSERVATION}release/",
        endings.Endings.as_view({"post": "release"}),
        name="observation-release",
    ),
    path(
        f"{OBSERVATION}leave/", endings.Endings.as_view({"post": "leave"}), name="observation-leave"
    ),
    path(
        f"{OBSERVATION}settle/",
        endings.Endings.as_view({"post": "settle"}),
        name="observation-settle",
    ),
    path(
        f"{OBSERVATION}extend/", watch.Watch.as_view({"post": "extend"}), name="observation-extend"
    ),
    path(f"{OBSERVATION}watch/", watch.Watch.as_view({"post": "watch"}), name="observation-watch"),
    path(
        f"{OBSERVATION}recheck/",
        watch.Watch.as_view({"post": "recheck"}),
        name="observation-recheck",
    ),
    path(
        f"{OBSERVATION}unwatch/",
        watch.Watch.as_view({"post": "unwatch"}),
        name="observation-unwatch",
    ),
    path(
        f"{OBSERVATION}reactions/",
        reactions.ObservationReactions.as_view({"post": "create"}),
        name="observation-reactions",
    ),
    path(
        "sessions/<uuid:uuid>/close/",
        sessions.SessionClose.as_view({"post": "create"}),
        name="session-close",
    ),
    path("recipients/", people.People.as_view({"get": "list"}), name="recipient-list"),
    path("recipients/merge/", people.People.as_view({"post": "merge"}), name="recipient-merge"),
    path(
        "recipients/<uuid:uuid>/consent/",
        people.People.as_view({"post": "consent"}),
        name="recipient-consent",
    ),
    path("merges/<uuid:uuid>/undo/", people.People.as_view({"post": "undo"}), name="merge-undo"),
    path("lots/<uuid:uuid>/hold/", lots.Lots.as_view({"post": "hold"}), name="lot-hold"),
    path("lots/<uuid:uuid>/release/", lots.Lots.as_view({"post": "release"}), name="lot-release"),
    path(
        "lots/<uuid:uuid>/recipients/",
        lots.LotRecipients.as_view({"get": "list"}),
        name="lot-recipients",
    ),
    path("bays/<uuid:uuid>/sweep/", watch.Sweeps.as_view({"post": "create"}), name="bay-sweep"),
    path(
        "reactions/<uuid:uuid>/details/",
        reactions.Reactions.as_view({"post": "details"}),
        name="reaction-details",
    ),
    path(
        "reactions/<uuid:uuid>/undo/",
        reactions.Reactions.as_view({"post": "undo"}),
        name="reaction-undo",
    ),
]

fhir_urlpatterns: list[URLPattern] = [
    path("", fhir.FhirImport.as_view({"post": "create"}), name="fhir-import"),
]
