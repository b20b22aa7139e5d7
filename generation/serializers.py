"""How jobs, outputs and passports look over HTTP."""

from typing import Any, ClassVar

from django.contrib.auth.models import AnonymousUser
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from generation.models import Job, ModelPassport, Output


class RawText(serializers.CharField):
    """Text handed on as it came: the engine has its own rules and sentences for what is in it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(trim_whitespace=False, **kwargs)
        self.validators = []


@extend_schema_field({"oneOf": [{"type": "string", "pattern": "^[0-9]{1,20}$"}, {"type": "integer", "minimum": 0}]})
class SeedField(serializers.Field[Any, Any, Any, Any]):
    """An unsigned 64-bit number, as JSON number or as text. It is answered as text, which no reader rounds."""

    def to_internal_value(self, data: Any) -> Any:
        return data

    def to_representation(self, value: Any) -> str:
        return str(value)


class NewJobSerializer(serializers.Serializer[Any]):
    """A request. Ranges are checked by :func:`generation.submit.submit`, here only the types."""

    prompt = RawText(allow_blank=True, help_text="What the picture should show; at most 2,000 characters.")
    negative_prompt = RawText(required=False, allow_blank=True, default="", help_text="What it should not show.")
    model = RawText(required=False, allow_blank=True, default="", help_text="The service's first model when empty.")
    seed = SeedField(required=False, allow_null=True, default=None, help_text="0 to 2^64-1; random when left out.")
    width = serializers.IntegerField(required=False, allow_null=True, default=None, help_text="A multiple of 8.")
    height = serializers.IntegerField(required=False, allow_null=True, default=None, help_text="A multiple of 8.")
    steps = serializers.IntegerField(required=False, allow_null=True, default=None, help_text="1 to 150.")
    guidance = serializers.FloatField(required=False, allow_null=True, default=None, help_text="0 to 30.")
    count = serializers.IntegerField(required=False, default=1, help_text="How many pictures, with seeds counting up.")
    private_prompt = serializers.BooleanField(
        required=False, default=False, help_text="Keep the prompt out of the files: they hold a commitment to it."
    )


class ProgressSerializer(serializers.Serializer[Any]):
    step = serializers.IntegerField(help_text="Steps done.")
    steps = serializers.IntegerField(help_text="Steps in all.")


class ErrorSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    detail = serializers.CharField()


class WordsOfJobSerializer(serializers.ModelSerializer[Job]):
    """A job's words, a private prompt's to its owner alone. Needs the request in its context to know them."""

    class Meta:
        model = Job
        fields: tuple[str, ...] = ("prompt", "negative_prompt", "private_prompt")
        read_only_fields = fields
        extra_kwargs: ClassVar = {
            "prompt": {"help_text": "Empty for anybody but its owner while it is private."},
            "negative_prompt": {"help_text": "Likewise."},
        }

    def to_representation(self, instance: Job) -> Any:
        told = super().to_representation(instance)
        request = self.context.get("request")
        if instance.hides_words_from(request.user if request else AnonymousUser()):
            told |= {"prompt": "", "negative_prompt": ""}
        return told


class JobSerializer(WordsOfJobSerializer):
    owner = serializers.SlugRelatedField[Any](slug_field="username", read_only=True)
    progress = serializers.SerializerMethodField()
    error = serializers.SerializerMethodField(help_text="Why it failed; null unless it has.")
    outputs = serializers.PrimaryKeyRelatedField[Output](many=True, read_only=True)

    class Meta(WordsOfJobSerializer.Meta):
        fields = (
            "id",
            "owner",
            "status",
            "cancel_requested",
            "progress",
            "prompt",
            "negative_prompt",
            "model",
            "seed",
            "width",
            "height",
            "steps",
            "guidance",
            "count",
            "operation",
            "strength",
            "private_prompt",
            "error",
            "outputs",
            "passport",
            "created_at",
            "started_at",
            "finished_at",
        )
        read_only_fields = fields

    @extend_schema_field(ProgressSerializer)
    def get_progress(self, job: Job) -> dict[str, int]:
        return {"step": job.step, "steps": job.steps}

    @extend_schema_field(ErrorSerializer(allow_null=True))
    def get_error(self, job: Job) -> dict[str, str] | None:
        if job.status != Job.Status.FAILED:
            return None  # what went wrong in an attempt that is tried again is the operator's business
        return {"code": job.error_code, "detail": job.error}


class OutputSerializer(serializers.ModelSerializer[Output]):
    """The facts of an image. Its pixels are published only in a signed version."""

    class Meta:
        model = Output
        fields = (
            "id",
            "job",
            "position",
            "seed",
            "sha256",
            "width",
            "height",
            "batch_size",
            "dtype",
            "device",
            "software",
            "seconds",
            "created_at",
        )
        read_only_fields = fields


class ModelPassportSerializer(serializers.ModelSerializer[ModelPassport]):
    class Meta:
        model = ModelPassport
        fields = (
            "id",
            "name",
            "source",
            "revision",
            "weights_sha256",
            "pipeline",
            "scheduler",
            "licence",
            "training_statement",
            "trained_on_artists",
            "default_steps",
            "default_guidance",
            "native_size",
            "created_at",
        )
        read_only_fields = fields
