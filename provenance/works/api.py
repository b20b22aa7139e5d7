"""``/api/v1/works``, ``/versions`` and ``/credentials``: owners see their own, reviewers all."""

from django.contrib.auth.models import AnonymousUser
from django.db.models import Prefetch, QuerySet
from django_filters import rest_framework as filters
from rest_framework import mixins, viewsets

from provenance.works.editing.version_api import EditedVersionActions
from provenance.works.models import Credential, Version, Work
from provenance.works.serializers import CredentialSerializer, VersionSerializer, WorkSerializer
from similarity.models import Audit


class WorkFilter(filters.FilterSet):
    title = filters.CharFilter(lookup_expr="icontains")
    created_after = filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="gte")
    created_before = filters.IsoDateTimeFilter(field_name="created_at", lookup_expr="lt")

    class Meta:
        model = Work
        fields = ("title", "job")


class VersionFilter(filters.FilterSet):
    status = filters.MultipleChoiceFilter(choices=Version.Status.choices)
    outcome = filters.CharFilter(field_name="audit__outcome")
    job = filters.UUIDFilter(field_name="work__job")

    class Meta:
        model = Version
        fields = ("work", "status", "sha256")


class CredentialFilter(filters.FilterSet):
    work = filters.UUIDFilter(field_name="version__work")

    class Meta:
        model = Credential
        fields = ("version", "verdict", "manifest_label")


class WorkViewSet(
    mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.UpdateModelMixin, viewsets.GenericViewSet[Work]
):
    """Works; the title is its owner's to change."""

    queryset = Work.objects.none()
    serializer_class = WorkSerializer
    filterset_class = WorkFilter
    http_method_names = ["get", "head", "options", "patch"]

    def get_queryset(self) -> QuerySet[Work]:
        works = Work.objects.select_related("owner").prefetch_related("versions")
        if self.request.method == "PATCH":
            return works.filter(owner_id=self.request.user.pk)
        return works.visible_to(self.request.user or AnonymousUser())


class VersionViewSet(EditedVersionActions, viewsets.ReadOnlyModelViewSet[Version]):
    """The images of works, each with its audit and, once signed, its credential."""

    queryset = Version.objects.none()
    serializer_class = VersionSerializer
    filterset_class = VersionFilter

    def get_queryset(self) -> QuerySet[Version]:
        audits = Prefetch("audit", Audit.objects.with_in_force().defer("vector"))
        versions = Version.objects.select_related("credential").prefetch_related("parents", audits)
        return versions.visible_to(self.request.user or AnonymousUser())


class CredentialViewSet(viewsets.ReadOnlyModelViewSet[Credential]):
    """The C2PA credential of each signed version, as read back from its file."""

    queryset = Credential.objects.none()
    serializer_class = CredentialSerializer
    filterset_class = CredentialFilter
    ordering = ("-signed_at", "-id")

    def get_queryset(self) -> QuerySet[Credential]:
        return Credential.objects.visible_to(self.request.user or AnonymousUser())
