"""In which population each version is judged, and which ones somebody has pictures of."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import Case, CharField, Count, F, Max, Value, When
from django.db.models.functions import Concat

from generation.models import ModelPassport
from similarity.models import Calibration

if TYPE_CHECKING:
    from django.db.models import QuerySet


@dataclass(frozen=True)
class Domain:
    """Compared pictures of one *domain*: ``model`` is the name of what made them, or empty, ``newest`` when."""

    domain: str
    model: str
    pictures: int
    newest: datetime

    @property
    def weights(self) -> str:
        """SHA-256 of the model's weights, or empty."""
        return weights_of(self.domain)


def weights_of(domain: str) -> str:
    return domain.removeprefix(Calibration.GENERATED) if domain.startswith(Calibration.GENERATED) else ""


def with_domain(versions: "QuerySet[Any]") -> "QuerySet[Any]":
    """Each with ``domain``: as its audit says, or as it was made."""
    passport = "output__job__passport"
    found: QuerySet[Any] = versions.annotate(
        domain=Case(
            When(audit__domain__gt="", then=F("audit__domain")),
            When(
                **{f"{passport}__isnull": False},
                then=Concat(Value(Calibration.GENERATED), F(f"{passport}__weights_sha256")),
            ),
            default=Value(Calibration.UPLOADS),
            output_field=CharField(),
        )
    )
    return found


def domains_among(versions: "QuerySet[Any]") -> list[Domain]:
    """Those of *versions* (as ``with_domain`` gives them), the one with the newest picture first."""
    found = versions.order_by().values("domain").annotate(pictures=Count("pk"), newest=Max("created_at"))
    rows = list(found.order_by("-newest", "domain").values_list("domain", "pictures", "newest"))
    passports = ModelPassport.objects.filter(weights_sha256__in=[weights_of(row[0]) for row in rows])
    names = dict(passports.order_by("created_at").values_list("weights_sha256", "name"))
    return [Domain(domain, names.get(weights_of(domain), ""), count, newest) for domain, count, newest in rows]
