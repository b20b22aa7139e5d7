"""``/api/v1/verdicts`` and ``/api/v1/trust-lists``."""

from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet
from django_filters import rest_framework as filters
from rest_framework import serializers, viewsets

from provenance.verdicts.models import Judgement, TrustListVersion


class JudgementSerializer(serializers.ModelSerializer[Judgement]):
    changed = serializers.BooleanField(read_only=True)

    class Meta:
        model = Judgement
        fields = ("id", "version", "before", "verdict", "changed", "broken", "reasons", "sdk", "trust_list", "made_at")
        read_only_fields = fields


class JudgementFilter(filters.FilterSet):
    work = filters.UUIDFilter(field_name="version__work")

    class Meta:
        model = Judgement
        fields = ("version", "verdict", "before", "trust_list")


class JudgementViewSet(viewsets.ReadOnlyModelViewSet[Judgement]):
    """What signed files were found to be when they were judged again; the first verdict is the credential's."""

    queryset = Judgement.objects.none()
    serializer_class = JudgementSerializer
    filterset_class = JudgementFilter
    ordering = ("-made_at", "-id")

    def get_queryset(self) -> QuerySet[Judgement]:
        return Judgement.objects.visible_to(self.request.user or AnonymousUser())


class TrustListSerializer(serializers.ModelSerializer[TrustListVersion]):
    class Meta:
        model = TrustListVersion
        fields = ("id", "kind", "sha256", "source", "form", "issued", "count", "active", "added_at")
        read_only_fields = fields


class TrustListViewSet(viewsets.ReadOnlyModelViewSet[TrustListVersion]):
    """The trust lists this service has used, newest first. Their content is public; everybody signed in sees them."""

    queryset = TrustListVersion.objects.all()
    serializer_class = TrustListSerializer
    filterset_fields = ("kind", "active", "sha256")
    ordering = ("-added_at", "-id")
