"""Addresses of the Soft Binding Resolution API, as the standard names them."""

from django.urls import path

from provenance.works import soft_binding_api as api

app_name = "soft-binding"

urlpatterns = [
    path("matches/byBinding", api.MatchesByBinding.as_view(), name="by-binding"),
    path("matches/byContent", api.MatchesByContent.as_view(), name="by-content"),
    path("manifests/<str:manifest_id>", api.ManifestById.as_view(), name="manifest"),
    path("services/supportedAlgorithms", api.SupportedAlgorithms.as_view(), name="algorithms"),
    path("services/status", api.ServiceStatus.as_view(), name="status"),
    path("services/capabilities", api.ServiceCapabilities.as_view(), name="capabilities"),
]
