"""How works, versions and credentials look in the API."""

from django.urls import reverse
from rest_framework import serializers

from provenance.works.models import Credential, Version, Work
from similarity.models import Audit


class AuditSummarySerializer(serializers.ModelSerializer[Audit]):
    """The audit of a version, as its owner sees it."""

    decision = serializers.DictField(read_only=True, help_text="What the outcome rests on; empty of the oldest audits.")
    is_stale = serializers.BooleanField(read_only=True, help_text="Another calibration is in force by now.")

    class Meta:
        model = Audit
        fields = (
            *("id", "outcome", "artist_name", "score", "works", "artists", "copy_of", "named_in_prompt"),
            *("domain", "calibration", "p_value", "decision", "is_stale"),
            *("encoder", "index", "references", "artists_compared", "error_code", "error", "created_at"),
        )
        read_only_fields = fields


class CredentialSerializer(serializers.ModelSerializer[Credential]):
    class Meta:
        model = Credential
        fields = (
            *("id", "version", "manifest_label", "manifest", "signer", "certificate_sha256"),
            *("verdict", "sdk", "trust_list", "signed_at"),
        )
        read_only_fields = fields


class VersionSerializer(serializers.ModelSerializer[Version]):
    audit = AuditSummarySerializer(read_only=True, allow_null=True)
    credential = serializers.PrimaryKeyRelatedField[Credential](read_only=True, allow_null=True)
    file = serializers.SerializerMethodField(help_text="Where the signed file is; null until published.")

    class Meta:
        model = Version
        fields = (
            *("id", "work", "number", "parents", "output", "status", "audit", "credential", "file", "sha256"),
            *("media_type", "width", "height", "error_code", "error", "created_at", "published_at"),
        )
        read_only_fields = fields

    def get_file(self, version: Version) -> str | None:
        if version.status != Version.Status.PUBLISHED:
            return None
        return reverse("web:version-file", args=[version.pk])


class WorkSerializer(serializers.ModelSerializer[Work]):
    owner = serializers.SlugRelatedField[Work](slug_field="username", read_only=True)
    versions = serializers.PrimaryKeyRelatedField[Version](many=True, read_only=True)

    class Meta:
        model = Work
        fields = ("id", "owner", "title", "job", "versions", "created_at")
        read_only_fields = ("id", "owner", "job", "versions", "created_at")
