"""The address book."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView
from rest_framework.routers import DefaultRouter

from config import health
from generation.api import JobViewSet, ModelPassportViewSet, OutputViewSet
from provenance.artists.api import ArtistViewSet, ClaimViewSet
from provenance.audits.calibrations_api import CalibrationViewSet
from provenance.audits.resemblances_api import ResemblanceViewSet
from provenance.audits.set_audits_api import SetAuditViewSet
from provenance.reports.api import ReportViewSet
from provenance.review.api import CaseViewSet
from provenance.verdicts.api import JudgementViewSet, TrustListViewSet
from provenance.web.desk_door import noting
from provenance.web.sign_in import own_name, pausing
from provenance.works.api import CredentialViewSet, VersionViewSet, WorkViewSet
from provenance.works.editing.api import OperationViewSet, SittingViewSet
from provenance.works.export_api import ExportViewSet
from provenance.works.ledger_api import LedgerView
from provenance.works.reveal_api import RevealViewSet
from provenance.works.soft_binding_api import discovery
from provenance.works.verify_api import VerifyView
from similarity.api import AuditViewSet, ReferenceViewSet

UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"

router = DefaultRouter()
router.register("jobs", JobViewSet, basename="job")
router.register("outputs", OutputViewSet, basename="output")
router.register("models", ModelPassportViewSet, basename="model")
router.register("works", WorkViewSet, basename="work")
router.register("versions", VersionViewSet, basename="version")
router.register(rf"versions/(?P<version_pk>{UUID})/reveals", RevealViewSet, basename="reveal")
router.register("sittings", SittingViewSet, basename="sitting")
router.register("edit-operations", OperationViewSet, basename="edit-operation")
router.register("credentials", CredentialViewSet, basename="credential")
router.register("exports", ExportViewSet, basename="export")
router.register("cases", CaseViewSet, basename="case")
router.register("verdicts", JudgementViewSet, basename="verdict")
router.register("trust-lists", TrustListViewSet, basename="trust-list")
router.register("artists", ArtistViewSet, basename="artist")
router.register("claims", ClaimViewSet, basename="claim")
router.register(rf"artists/(?P<artist_pk>{UUID})/resemblances", ResemblanceViewSet, basename="resemblance")
router.register("references", ReferenceViewSet, basename="reference")
router.register("audits", AuditViewSet, basename="audit")
router.register("calibrations", CalibrationViewSet, basename="calibration")
router.register("reports", ReportViewSet, basename="report")
router.register("set-audits", SetAuditViewSet, basename="set-audit")

handler500 = "config.errors.uncaught"

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("provenance.web.urls")),
    path("api/v1/verify", VerifyView.as_view(), name="api-verify"),
    path("api/v1/works/<uuid:pk>/ledger.zip", LedgerView.as_view(), name="api-work-ledger"),
    path("api/v1/", include(router.urls)),
    path("api/soft-binding/v1/", include("provenance.works.soft_binding_urls")),
    path(".well-known/c2pa-soft-binding-resolution", discovery, name="soft-binding-discovery"),
    path("api/v1/schema", SpectacularAPIView.as_view(), name="schema"),
    path("api/v1/docs/", SpectacularSwaggerView.as_view(url_name="schema"), name="api-docs"),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/login/", pausing(noting(admin.site.login))),
    path("admin/password_change/", admin.site.admin_view(pausing(admin.site.password_change, account=own_name))),
    path("admin/", admin.site.urls),
]
