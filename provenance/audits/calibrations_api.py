"""``/api/v1/calibrations``: by which numbers resemblances are told, and the decision about a draft."""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from provenance.audits.calibration_drafts import accept, reject, what_would_change
from similarity.cohort_standing import standing_of
from similarity.models import Audit, Calibration


class CalibrationLevelSerializer(serializers.Serializer[Any]):
    alpha = serializers.FloatField(help_text="At most this share of pictures that imitate nobody here is told.")
    value = serializers.FloatField(
        allow_null=True, help_text="Scores above it are told; null where too few units attain the level."
    )
    guarantee = serializers.CharField(
        help_text="`confident`: bounded with `confidence`; `average`: over such calibrations; `none`."
    )
    confidence = serializers.SerializerMethodField(help_text="Of `confident`; null for the others.")
    units = serializers.IntegerField(help_text="Independent units it rests on: pictures of a model, or artists.")
    realised = serializers.FloatField(allow_null=True, help_text="The share among its own units.")
    power = serializers.FloatField(
        allow_null=True, help_text="Share of held-out works of known artists told to their artist."
    )

    def get_confidence(self, threshold: dict[str, Any]) -> float | None:
        return Calibration.confidence_of(threshold)


class ReliabilityBinSerializer(serializers.Serializer[Any]):
    predicted = serializers.FloatField(help_text="How likely the same hand was told to be, at even odds.")
    observed = serializers.FloatField(help_text="How often it was.")
    trials = serializers.IntegerField()


class LikelihoodSerializer(serializers.Serializer[Any]):
    same_style = serializers.BooleanField(
        allow_null=True,
        help_text="Whether the other hands are of works catalogued under the same style; null: not known.",
    )
    artists = serializers.IntegerField()
    trials = serializers.IntegerField()
    cllr = serializers.FloatField(allow_null=True, help_text="In bits: 0 is perfect, 1 tells nothing.")
    cllr_min = serializers.FloatField(allow_null=True, help_text="Of the best calibration there could be.")
    calibration_loss = serializers.FloatField(allow_null=True)
    reliability = ReliabilityBinSerializer(many=True, allow_null=True)


class SetLevelsSerializer(serializers.Serializer[Any]):
    size = serializers.IntegerField(help_text="Pictures that are judged as one.")
    thresholds = CalibrationLevelSerializer(many=True)


class QuantilesSerializer(serializers.Serializer[Any]):
    median = serializers.FloatField()
    q95 = serializers.FloatField()
    q99 = serializers.FloatField()


class TrainedArtistsSerializer(serializers.Serializer[Any]):
    known = serializers.BooleanField(help_text="Whether the encoder says whose works it learnt from.")
    artists = serializers.IntegerField(allow_null=True, help_text="How many of the artists it learnt from.")
    trained = QuantilesSerializer(allow_null=True, help_text="Highest scores of their works.")
    unseen = QuantilesSerializer(allow_null=True, help_text="Highest scores of the others' works.")


class StandingSerializer(serializers.Serializer[Any]):
    works = serializers.IntegerField(help_text="Works it was made with.")
    missing = serializers.IntegerField(help_text="Of those, how many are gone, or of artists with too few left.")
    may_be_missing = serializers.IntegerField(help_text="With more than these missing it judges nobody.")
    near_limit = serializers.BooleanField(help_text="From half of what may be missing on: calibrate again.")
    judges = serializers.BooleanField(help_text="Whether it still judges.")
    unjudged = serializers.IntegerField(
        help_text="Works that are compared and count for no judgement: they came since, or their artists have too few."
    )


class CalibrationSerializer(serializers.ModelSerializer[Calibration]):
    thresholds = serializers.SerializerMethodField()
    standing = serializers.SerializerMethodField(
        help_text="While it is in force: what became of the works it was made with. Otherwise, or not known: null."
    )
    generator = serializers.DictField(read_only=True, help_text="The model whose pictures were used; empty for none.")
    previous = serializers.PrimaryKeyRelatedField[Calibration](
        read_only=True, allow_null=True, help_text="In force when this one was made; accepting this one retires it."
    )

    class Meta:
        model = Calibration
        fields: tuple[str, ...] = (
            *("id", "domain", "encoder", "state", "strategy", "thresholds", "generator", "works", "artists", "units"),
            *("cohort", "standing", "sha256", "previous", "reason", "decided_by", "decided_at", "created_at"),
        )
        read_only_fields = fields

    @extend_schema_field(CalibrationLevelSerializer(many=True))
    def get_thresholds(self, row: Calibration) -> Any:
        measured = row.figures.get("strategies", {}).get(row.strategy, {})
        told = [{"power": measured.get(f"{facts['alpha']:g}", {}).get("power"), **facts} for facts in row.thresholds]
        return CalibrationLevelSerializer(told, many=True).data

    @extend_schema_field(StandingSerializer(allow_null=True))
    def get_standing(self, row: Calibration) -> Any:
        standing = standing_of(row) if row.state == Calibration.State.ACCEPTED else None
        return None if standing is None else StandingSerializer(standing).data


class CalibrationDetailSerializer(CalibrationSerializer):
    likelihood = LikelihoodSerializer(source="figures.likelihood", read_only=True, allow_null=True)
    sets = serializers.SerializerMethodField()
    maxima = QuantilesSerializer(
        source="figures.maxima", read_only=True, allow_null=True, help_text="Highest scores of the background."
    )
    trained = TrainedArtistsSerializer(source="figures.trained", read_only=True, allow_null=True)
    judged = serializers.IntegerField(source="audits.count", read_only=True, help_text="Comparisons it judged.")
    stale = serializers.IntegerField(
        source="stale_audits",
        read_only=True,
        help_text="While it is in force: comparisons of its domain that an earlier one judged, or none.",
    )

    class Meta(CalibrationSerializer.Meta):
        fields = (*CalibrationSerializer.Meta.fields, "likelihood", "sets", "maxima", "trained", "judged", "stale")
        read_only_fields = fields

    @extend_schema_field(SetLevelsSerializer(many=True))
    def get_sets(self, row: Calibration) -> Any:
        sizes = sorted(row.figures.get("sets", {}).items(), key=lambda it: int(it[0]))
        told = [{"size": size, "thresholds": list(levels.values())} for size, levels in sizes]
        return SetLevelsSerializer(told, many=True).data


class OutcomeCountSerializer(serializers.Serializer[Any]):
    before = serializers.ChoiceField(Audit.Outcome.choices)
    after = serializers.ChoiceField(Audit.Outcome.choices)
    audits = serializers.IntegerField()


class OutcomeChangeSerializer(serializers.Serializer[Any]):
    audit = serializers.UUIDField()
    before = serializers.ChoiceField(Audit.Outcome.choices)
    after = serializers.ChoiceField(Audit.Outcome.choices)
    artist_before = serializers.CharField(allow_blank=True, help_text="Several are parted by commas.")
    artist_after = serializers.CharField(allow_blank=True)


class ChangesSerializer(serializers.Serializer[Any]):
    compared = serializers.IntegerField(help_text="How many of its domain and encoder could be judged again.")
    changed = serializers.IntegerField(help_text="How many of them would come out otherwise.")
    counts = OutcomeCountSerializer(many=True)
    named = OutcomeChangeSerializer(many=True, help_text="The first of those that would change.")


class CalibrationChangesSerializer(ChangesSerializer):
    sets = ChangesSerializer(help_text="The same of pictures that were judged as one.")


class CalibrationReasonSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=2_000, help_text="Kept for good, with your name."
    )


class CalibrationFilter(filters.FilterSet):
    class Meta:
        model = Calibration
        fields = ("domain", "encoder", "state")


class MayLook(BasePermission):
    """Whoever may look at calibrations; deciding about one needs its own permission besides."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        wanted = ["similarity.view_calibration"]
        if getattr(view, "action", "") in ("accept", "reject"):
            wanted.append("similarity.decide_calibration")
        return request.user.is_authenticated and request.user.has_perms(wanted)


class CalibrationViewSet(viewsets.ReadOnlyModelViewSet[Calibration]):
    """From which score on a resemblance is told, in each domain: for those who may look at calibrations.

    Facts and figures; the scores and vectors they were computed from are not told.
    """

    queryset = Calibration.objects.none()
    permission_classes = [MayLook]
    filterset_class = CalibrationFilter

    def get_queryset(self) -> QuerySet[Calibration]:
        return Calibration.objects.light()

    def get_serializer_class(self) -> type[CalibrationSerializer]:
        return CalibrationSerializer if self.action == "list" else CalibrationDetailSerializer

    def get_throttles(self) -> list[BaseThrottle]:
        # Judging again costs as much as comparing a picture, and shares its limit.
        self.throttle_scope = "verify" if self.action == "changes" else None
        return super().get_throttles()

    @extend_schema(summary="What putting a draft into force would change", responses=CalibrationChangesSerializer)
    @action(detail=True, methods=["get"])
    def changes(self, request: Request, **kwargs: Any) -> Response:
        """Kept comparisons are judged again by the draft, while the request waits; nothing is stored.

        409 `calibration_decided` when it is no draft, `other_encoder` when another encoder is in use.
        """
        return Response(CalibrationChangesSerializer(what_would_change(self.get_object())).data)

    @extend_schema(
        summary="Put a draft into force", request=CalibrationReasonSerializer, responses=CalibrationDetailSerializer
    )
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, **kwargs: Any) -> Response:
        """With a reason, for whoever may decide; the one in force is retired, and the ledger notes it.

        Sent again with the same reason, it answers the same and changes nothing. 400 `reason_missing`,
        `level_not_attainable`, `calibration_damaged`; 409 `calibration_decided`, or `calibration_superseded` when
        another was accepted since this one was made.
        """
        return self._decided(accept, request)

    @extend_schema(
        summary="Lay a draft aside", request=CalibrationReasonSerializer, responses=CalibrationDetailSerializer
    )
    @action(detail=True, methods=["post"])
    def reject(self, request: Request, **kwargs: Any) -> Response:
        """With a reason, for whoever may decide; sent again with the same reason, it changes nothing.

        400 `reason_missing`; 409 `calibration_decided`.
        """
        return self._decided(reject, request)

    def _decided(self, verb: Callable[..., Calibration], request: Request) -> Response:
        body = CalibrationReasonSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        row = self.get_object()
        verb(row, reason=body.validated_data["reason"], by=request.user.get_username())
        return Response(self.get_serializer(self.get_queryset().get(pk=row.pk)).data)
