"""How sittings and their steps look over HTTP."""

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Prefetch, prefetch_related_objects
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from generation.models import Job
from generation.serializers import WordsOfJobSerializer
from provenance.works.editing.layers import layers_of
from provenance.works.editing.models import Edit, Sitting
from provenance.works.editing.operations.catalogue import OPERATIONS
from provenance.works.editing.sittings import redoable
from provenance.works.editing.wording import sentence
from provenance.works.models import Version


class NewSittingSerializer(serializers.Serializer[Any]):
    parent = serializers.UUIDField(help_text="A published version of your own.")  # type: ignore[assignment]


class RevisionSerializer(serializers.Serializer[Any]):
    revision = serializers.IntegerField(
        min_value=0, max_value=2_147_483_647, help_text="The sitting's revision as you last saw it."
    )


class NewStepSerializer(RevisionSerializer):
    operation = serializers.CharField(max_length=30, help_text="One of `GET /api/v1/edit-operations/`.")
    parameters = serializers.JSONField(help_text="As that operation's schema says.")
    started_at = serializers.DateTimeField(
        required=False, allow_null=True, default=None, help_text="When the person began with it."
    )


class CommitSerializer(RevisionSerializer):
    claimed_minutes = serializers.IntegerField(
        required=False, allow_null=True, default=None, help_text="Working time as you state it; shown as claimed."
    )


class StepJobSerializer(WordsOfJobSerializer):
    """The job of an AI step. ``code`` and ``error`` say why it failed, if it has."""

    code = serializers.SerializerMethodField()
    error = serializers.SerializerMethodField()

    class Meta(WordsOfJobSerializer.Meta):
        fields = (
            *("id", "status", "step", "steps", *WordsOfJobSerializer.Meta.fields),
            *("model", "seed", "code", "error"),
        )
        read_only_fields = fields

    def get_code(self, job: Job) -> str:
        return job.error_code if job.status == Job.Status.FAILED else ""

    def get_error(self, job: Job) -> str:
        return job.error if job.status == Job.Status.FAILED else ""


class EditSerializer(serializers.ModelSerializer[Edit]):
    text = serializers.SerializerMethodField(help_text="What it did, in the reader's language.")
    action = serializers.SerializerMethodField(help_text="Its C2PA action.")
    source_type = serializers.SerializerMethodField(help_text="Its digital source type, IPTC's last word.")
    parameters = serializers.SerializerMethodField(
        help_text="A private prompt stands in them for its owner alone; for others its words are empty."
    )
    box = serializers.ListField(child=serializers.IntegerField(), read_only=True, allow_null=True)
    pending = serializers.BooleanField(read_only=True, help_text="A model still works on it.")
    job = StepJobSerializer(read_only=True, allow_null=True)

    class Meta:
        model = Edit
        fields = (
            *("id", "order", "standing", "operation", "parameters", "text", "action", "source_type"),
            *("undone", "pending", "changed", "box", "width", "height", "job", "output", "started_at", "ended_at"),
        )
        read_only_fields = fields

    @extend_schema_field(OpenApiTypes.ANY)
    def get_parameters(self, edit: Edit) -> Any:
        request = self.context.get("request")
        return edit.parameters_for(request.user if request else AnonymousUser())

    def get_text(self, edit: Edit) -> str:
        return sentence(edit.operation, edit.parameters)

    def get_action(self, edit: Edit) -> str:
        known = OPERATIONS.get(edit.operation)
        return known.action if known else "c2pa.unknown"

    def get_source_type(self, edit: Edit) -> str:
        known = OPERATIONS.get(edit.operation)
        return known.source_type if known else "composite"


class LayerSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    opacity = serializers.FloatField()
    visible = serializers.BooleanField()


class SittingListSerializer(serializers.ModelSerializer[Sitting]):
    owner = serializers.SlugRelatedField[Sitting](slug_field="username", read_only=True)
    parent = serializers.PrimaryKeyRelatedField[Version](read_only=True)  # type: ignore[assignment]
    version = serializers.PrimaryKeyRelatedField[Version](read_only=True, allow_null=True)
    active_minutes = serializers.SerializerMethodField(help_text="Observed working time; breaks of over 2 minutes cut.")

    class Meta:
        model = Sitting
        fields: tuple[str, ...] = (
            *("id", "owner", "parent", "version", "status", "revision", "active_minutes", "claimed_minutes"),
            *("started_at", "seen_at", "ended_at", "created_at"),
        )
        read_only_fields: tuple[str, ...] = fields

    def get_active_minutes(self, sitting: Sitting) -> float:
        return round(sitting.active.total_seconds() / 60, 1)


class SittingSerializer(SittingListSerializer):
    steps = serializers.SerializerMethodField()
    layers = serializers.SerializerMethodField(help_text="From the lowest to the uppermost.")
    width = serializers.SerializerMethodField(help_text="Of the picture as it is now.")
    height = serializers.SerializerMethodField()
    pending = serializers.SerializerMethodField(help_text="A model still works on the last step.")
    can_undo = serializers.SerializerMethodField()
    can_redo = serializers.SerializerMethodField()
    preview = serializers.SerializerMethodField(help_text="The picture as it is now, as PNG.")

    class Meta(SittingListSerializer.Meta):
        fields: tuple[str, ...] = (
            *SittingListSerializer.Meta.fields,
            *("steps", "layers", "width", "height", "pending", "can_undo", "can_redo", "preview"),
        )
        read_only_fields = fields

    def to_representation(self, instance: Sitting) -> Any:
        """The steps are asked about by most of the fields, and read once for all of them."""
        edits = Edit.objects.select_related("job").order_by("order")
        prefetch_related_objects([instance], Prefetch("edits", edits))
        return super().to_representation(instance)

    def _active(self, sitting: Sitting) -> list[Edit]:
        return [edit for edit in self._all(sitting) if not edit.undone]

    def _all(self, sitting: Sitting) -> list[Edit]:
        return list(sitting.edits.all())

    @extend_schema_field(EditSerializer(many=True))
    def get_steps(self, sitting: Sitting) -> Any:
        return EditSerializer(self._all(sitting), many=True, context=self.context).data

    @extend_schema_field(LayerSerializer(many=True))
    def get_layers(self, sitting: Sitting) -> Any:
        return layers_of(self._active(sitting))

    def get_width(self, sitting: Sitting) -> int:
        return self._size(sitting)[0]

    def get_height(self, sitting: Sitting) -> int:
        return self._size(sitting)[1]

    def _size(self, sitting: Sitting) -> tuple[int, int]:
        last = next(reversed(self._active(sitting)), None)
        return (last.width, last.height) if last else (sitting.parent.width, sitting.parent.height)

    def get_pending(self, sitting: Sitting) -> bool:
        return any(edit.pending for edit in self._active(sitting))

    def get_can_undo(self, sitting: Sitting) -> bool:
        return sitting.status == Sitting.Status.OPEN and bool(self._active(sitting))

    def get_can_redo(self, sitting: Sitting) -> bool:
        return sitting.status == Sitting.Status.OPEN and redoable(sitting) is not None

    @extend_schema_field(OpenApiTypes.URI_REF)
    def get_preview(self, sitting: Sitting) -> str:
        return reverse("sitting-preview", args=[sitting.pk], kwargs=None).rstrip("/") + ".png"


class OperationSerializer(serializers.Serializer[Any]):
    operation = serializers.CharField()
    action = serializers.CharField(help_text="Its C2PA action.")
    source_type = serializers.CharField(help_text="Its digital source type, IPTC's last word.")
    by_model = serializers.BooleanField(
        help_text="A model makes its pixels: the step is pending until a job has ended."
    )
    merges_layers = serializers.BooleanField(help_text="Layers are merged into the picture first.")
    parameters = serializers.DictField(help_text="JSON Schema of its parameters.")
