"""What an officer keeps on the desk."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from alerts.models import User


class SavedView(models.Model):
    """Filters of the worklist under a name of their owner."""

    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="saved_views")
    name = models.CharField(max_length=40)
    query = models.CharField(max_length=4000, help_text=_("The filters as the address has them"))
    is_first = models.BooleanField(default=False, help_text=_("Shown when the desk is opened"))

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], name="saved_view_once"),
            models.UniqueConstraint(
                fields=["owner"],
                condition=models.Q(is_first=True),
                name="saved_view_one_first",
            ),
        ]

    def __str__(self) -> str:
        return self.name
