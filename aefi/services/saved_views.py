"""Filters of the worklist that a person keeps under a name."""

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from aefi.models import SavedView
from alerts.models import User
from alerts.services.refusals import Refusal

MOST = 30


class NoSuchView(Refusal):
    """The view cannot be kept or found."""

    code = "no_such_view"


def views_of(person: User) -> QuerySet[SavedView]:
    """Return a person's views by name."""
    return SavedView.objects.filter(owner=person).order_by("name")


def first_of(person: User) -> SavedView | None:
    """Return the view with which the person's desk opens."""
    return views_of(person).filter(is_first=True).first()


@transaction.atomic
def save_view(person: User, name: str, query: str, *, is_first: bool) -> SavedView:
    """Keep filters under a name; the same name again replaces them.

    :raises NoSuchView: without filters, or when the person has 30 views.
    """
    _lock(person)
    if not query:
        raise NoSuchView(_("Set a filter first, then keep it."), field="query")
    others = views_of(person).exclude(name=name)
    if others.count() >= MOST:
        raise NoSuchView(_("You keep 30 views. Delete one first."), field="name")
    if is_first:
        others.update(is_first=False)
    said = {"query": query, "is_first": is_first}
    view, _new = SavedView.objects.update_or_create(owner=person, name=name, defaults=said)
    return view


@transaction.atomic
def delete_view(person: User, key: int) -> None:
    """Delete a view of this person.

    :raises NoSuchView: when it is nobody's or another person's.
    """
    gone, _rows = views_of(person).filter(pk=key).delete()
    if not gone:
        raise NoSuchView(_("This view was deleted already."))


def _lock(person: User) -> None:
    User.objects.select_for_update(no_key=True).filter(pk=person.pk).first()
