"""How the API describes itself."""

from typing import Any


def described(version: str) -> dict[str, Any]:
    """What ``SPECTACULAR_SETTINGS`` must be."""
    return {
        "TITLE": "Colophon",
        "DESCRIPTION": "Makes AI images and keeps the truth about them.",
        "VERSION": version,
        "SERVE_INCLUDE_SCHEMA": False,
        "SCHEMA_PATH_PREFIX": r"/api/v1",
        "SWAGGER_UI_DIST": "SIDECAR",
        "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
        "COMPONENT_SPLIT_REQUEST": True,
        # Several rows have a status; each kind keeps its name whatever else the schema holds.
        "ENUM_NAME_OVERRIDES": {
            "JobStatusEnum": "generation.models.Job.Status",
            "VersionStatusEnum": "provenance.works.models.Version.Status",
            "ReportStatusEnum": "provenance.reports.models.Report.Status",
            "SittingStatusEnum": "provenance.works.editing.models.Sitting.Status",
            "SetAuditStatusEnum": "provenance.audits.models.SetAudit.Status",
            "SetAuditKindEnum": "provenance.audits.models.SetAudit.Kind",
            "ClaimStatusEnum": "provenance.artists.models.Claim.Status",
            "ClaimKindEnum": "provenance.artists.models.Claim.Kind",
            "ClaimRulingEnum": "provenance.artists.models.ClaimDecision.Ruling",
            "RulingEnum": "provenance.review.models.Decision.Ruling",
            "OutcomeEnum": "similarity.models.Audit.Outcome",
        },
    }
