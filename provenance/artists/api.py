"""``/api/v1/artists`` with what artists decide, and ``/claims`` by which they become able to."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import mixins, parsers, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle

from idempotency.header import IDEMPOTENCY_KEY, key_of
from provenance.artists.claim import claim_profile, give_up, propose_names
from provenance.artists.decide import decide
from provenance.artists.enrol import Became, enrol_work
from provenance.artists.models import Claim, ClaimDecision, Enrolment, is_reviewer
from provenance.artists.wishes import drop_name, set_mining, set_naming
from provenance.artists.withdraw import MOST_NAMED, take_back, withdraw_all, withdraw_works
from similarity.api import ArtistFilter, ArtistSerializer, ReferenceSerializer
from similarity.api import ArtistViewSet as KnownArtistViewSet
from similarity.letters import fold
from similarity.models import Artist


def asker(request: Request) -> User:
    """Who asks: the permission classes have seen to it that it is somebody."""
    assert isinstance(request.user, User)
    return request.user


class WishesSerializer(serializers.Serializer[Any]):
    """What an artist decides. What is left out stays as it is."""

    naming = serializers.ChoiceField(Artist.Naming.choices, required=False, allow_blank=True)
    mining = serializers.ChoiceField(Artist.Mining.choices, required=False, allow_blank=True)
    mining_text = serializers.CharField(required=False, allow_blank=True)
    aliases = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text="Names that are left out go at once; new ones wait for a reviewer, as a claim of the kind `names`.",
    )


class NewEnrolmentSerializer(serializers.Serializer[Any]):
    image = serializers.FileField(allow_empty_file=True, help_text="JPEG, PNG, WebP, AVIF, TIFF, GIF or BMP")
    title = serializers.CharField(required=False, allow_blank=True, default="")
    year = serializers.CharField(required=False, allow_blank=True, default="")
    statement = serializers.BooleanField(default=False, help_text="That the work is the artist's, and may be enrolled.")


class EnrolmentSerializer(serializers.ModelSerializer[Enrolment]):
    class Meta:
        model = Enrolment
        fields: tuple[str, ...] = (
            *("id", "claim", "reference", "artist_name", "title", "sha256", "statement", "created_at"),
        )
        read_only_fields = fields


class EnrolledSerializer(EnrolmentSerializer):
    became = serializers.SerializerMethodField(
        help_text="`enrolled`; `vector_added` to a work that had none of the encoder in use; or `present` already."
    )

    class Meta(EnrolmentSerializer.Meta):
        fields = (*EnrolmentSerializer.Meta.fields, "became")
        read_only_fields = fields

    @extend_schema_field(serializers.ChoiceField([became.value for became in Became]))
    def get_became(self, enrolment: Enrolment) -> str:
        return str(self.context["became"])


class WorksSerializer(serializers.Serializer[Any]):
    references = serializers.ListField(
        child=serializers.UUIDField(),
        required=False,
        allow_empty=False,
        help_text=f"At most {MOST_NAMED} works; more are answered `too_many_works`.",
    )
    all = serializers.BooleanField(default=False, help_text="Every work there is, instead of naming them.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if bool(attrs.get("references")) == attrs["all"]:
            raise serializers.ValidationError("Name `references`, or say `all`.")
        return attrs


@extend_schema_view(
    partial_update=extend_schema(request=WishesSerializer, responses=ArtistSerializer),
)
class ArtistViewSet(KnownArtistViewSet):
    """Artists whose works are known here, with what they decided about their name and their works.

    Whoever a reviewer found to be, or to act for, an artist changes that, enrols works and withdraws them
    (403 `not_your_profile` for everybody else).
    """

    filterset_class = ArtistFilter

    def get_throttles(self) -> list[BaseThrottle]:
        # A work is read and compared like a picture that is verified, and shares its limit.
        self.throttle_scope = "verify" if self.action == "enrol" else None
        return super().get_throttles()

    def partial_update(self, request: Request, **kwargs: Any) -> Response:
        """Refuse generation in the artist's name, tell data-mining wishes, change the names prompts are read for."""
        artist = self.get_object()
        wishes = WishesSerializer(data=request.data)
        wishes.is_valid(raise_exception=True)
        wanted, by = wishes.validated_data, asker(request)
        with transaction.atomic():
            if "naming" in wanted:
                artist = set_naming(artist, by=by, naming=wanted["naming"])
            if "mining" in wanted or "mining_text" in wanted:
                text = wanted.get("mining_text", artist.mining_text)
                artist = set_mining(artist, by=by, mining=wanted.get("mining", artist.mining), text=text)
            if "aliases" in wanted:
                _change_names(artist, by=by, names=wanted["aliases"])
        return Response(self.get_serializer(self.get_queryset().get(pk=artist.pk)).data)

    @extend_schema(
        summary="Enrol a work",
        request={"multipart/form-data": NewEnrolmentSerializer},
        responses={201: EnrolledSerializer, 200: EnrolledSerializer},
        parameters=[IDEMPOTENCY_KEY],
    )
    @action(detail=True, methods=["post"], parser_classes=[parsers.MultiPartParser])
    def enrol(self, request: Request, **kwargs: Any) -> Response:
        """Give a work to be compared with. The picture is not kept: its vector and fingerprint are.

        The same file again adds nothing, unless the work has no vector of the encoder in use: then it gets one
        (`became` is `vector_added`). 409 `work_of_another`, `same_work`, `work_is_leaving` or
        `withdrawn_by_another` for one that is known.
        """
        from similarity.pictures import too_large
        from similarity.uploads import refuse_declared_size

        refuse_declared_size(request)
        artist = self.get_object()
        given = NewEnrolmentSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        wanted = given.validated_data
        if wanted["image"].size > settings.MAX_UPLOAD_BYTES:
            raise too_large()
        enrolment, became = enrol_work(
            wanted["image"].read(),
            artist=artist,
            by=asker(request),
            stated=wanted["statement"],
            title=wanted["title"],
            year=wanted["year"],
            idempotency_key=key_of(request),
        )
        code = status.HTTP_201_CREATED if became is Became.ENROLLED else status.HTTP_200_OK
        return Response(EnrolledSerializer(enrolment, context={"became": became}).data, status=code)

    @extend_schema(request=WorksSerializer, responses=ReferenceSerializer(many=True), filters=False)
    @action(detail=True, methods=["post"], pagination_class=None, filterset_class=None)
    def withdraw(self, request: Request, **kwargs: Any) -> Response:
        """Take works out of the comparison: the next maintenance run removes them and every vector of them.

        Until then `take-back` undoes it. Answers the works that are leaving because of this request.
        """
        artist, by = self.get_object(), asker(request)
        asked = WorksSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        wanted = asked.validated_data
        if wanted["all"]:
            leaving = withdraw_all(artist, by=by)
        else:
            leaving = withdraw_works(artist, by=by, works=wanted["references"])
        return Response(ReferenceSerializer(leaving, many=True).data)

    @extend_schema(request=WorksSerializer, responses=ReferenceSerializer(many=True), filters=False)
    @action(detail=True, methods=["post"], url_path="take-back", pagination_class=None, filterset_class=None)
    def take_back(self, request: Request, **kwargs: Any) -> Response:
        """Let withdrawn works stay after all; 409 `already_gone` when they were removed meanwhile."""
        artist = self.get_object()
        asked = WorksSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        staying = take_back(artist, by=asker(request), works=asked.validated_data.get("references"))
        return Response(ReferenceSerializer(staying, many=True).data)


def _change_names(artist: Artist, *, by: User, names: list[str]) -> None:
    kept = {fold(name) for name in names}
    for alias in [alias for alias in map(str, artist.aliases) if fold(alias) not in kept]:
        drop_name(artist, by=by, name=alias)
    known = {fold(name) for name in (artist.name, *map(str, artist.aliases))}
    if any(fold(name) not in known for name in names):
        propose_names(by=by, artist=artist, aliases=names)


class ClaimDecisionSerializer(serializers.ModelSerializer[ClaimDecision]):
    reviewer = serializers.SerializerMethodField(help_text="Null for those who may not decide claims.")
    lift_wishes = serializers.BooleanField(
        write_only=True, default=False, help_text="When suspending: also end what was decided under the claim."
    )

    class Meta:
        model = ClaimDecision
        fields = ("id", "ruling", "reason", "reviewer", "made_at", "lift_wishes")
        read_only_fields = ("id", "reviewer", "made_at")

    def get_reviewer(self, decision: ClaimDecision) -> str | None:
        request = self.context.get("request")
        return decision.reviewer.get_username() if request is not None and is_reviewer(request.user) else None


class ClaimSerializer(serializers.ModelSerializer[Claim]):
    claimant = serializers.SlugRelatedField[Claim](slug_field="username", read_only=True)
    aliases = serializers.ListField(child=serializers.CharField(), read_only=True)
    links = serializers.ListField(child=serializers.CharField(), read_only=True)
    decisions = ClaimDecisionSerializer(many=True, read_only=True)

    class Meta:
        model = Claim
        fields = (
            "id",
            "claimant",
            "kind",
            "artist",
            "artist_name",
            "capacity",
            "born",
            "died",
            "aliases",
            "evidence",
            "links",
            "status",
            "decisions",
            "created_at",
        )
        read_only_fields = fields


class NewClaimSerializer(serializers.Serializer[Any]):
    """A claim to an artist's profile, or with a ``name`` to a new one."""

    artist = serializers.PrimaryKeyRelatedField(queryset=Artist.objects.all(), required=False, allow_null=True)
    name = serializers.CharField(required=False, allow_blank=True, default="")
    capacity = serializers.ChoiceField(Claim.Capacity.choices, default=Claim.Capacity.ARTIST)
    born = serializers.IntegerField(required=False, allow_null=True, min_value=-9998, max_value=9999)
    died = serializers.IntegerField(required=False, allow_null=True, min_value=-9998, max_value=9999)
    aliases = serializers.ListField(child=serializers.CharField(), required=False, default=list)
    evidence = serializers.CharField(allow_blank=True)
    links = serializers.ListField(child=serializers.CharField(), required=False, default=list)


class ClaimFilter(filters.FilterSet):
    class Meta:
        model = Claim
        fields = ("status", "kind", "artist")


class ClaimViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet[Claim]):
    """Claims to artists' profiles: the asker's own, or everybody's for reviewers, who decide them.

    The name of whoever decided is told to those who may decide themselves.
    """

    queryset = Claim.objects.none()
    serializer_class = ClaimSerializer
    filterset_class = ClaimFilter

    def get_queryset(self) -> QuerySet[Claim]:
        claims = Claim.objects.select_related("claimant", "artist").prefetch_related("decisions__reviewer")
        return claims.visible_to(self.request.user or AnonymousUser())

    @extend_schema(
        request=NewClaimSerializer,
        responses={201: ClaimSerializer, 200: ClaimSerializer},
        parameters=[IDEMPOTENCY_KEY],
    )
    def create(self, request: Request) -> Response:
        """Claim a profile, with what lets a reviewer believe it. 409 `already_claimed`, `too_many_claims`."""
        wanted = NewClaimSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        claim, created = claim_profile(by=asker(request), idempotency_key=key_of(request), **wanted.validated_data)
        code = status.HTTP_201_CREATED if created else status.HTTP_200_OK
        return Response(self.get_serializer(claim).data, status=code)

    @extend_schema(request=ClaimDecisionSerializer, responses={201: ClaimSerializer})
    @action(detail=True, methods=["post"])
    def decide(self, request: Request, **kwargs: Any) -> Response:
        """Approve, refuse, suspend or resume a claim, with a reason: reviewers only, and not their own.

        409 `already_decided`, or `artist_taken` while another claim to the profile is in force.
        """
        claim = self.get_object()
        body = ClaimDecisionSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        decide(claim=claim, reviewer=asker(request), **body.validated_data)
        return Response(self._told(claim.pk), status=status.HTTP_201_CREATED)

    @extend_schema(request=None, responses=ClaimSerializer)
    @action(detail=True, methods=["post"], url_path="give-up")
    def give_up(self, request: Request, **kwargs: Any) -> Response:
        """Take a claim of one's own back while it waits."""
        claim = self.get_object()
        give_up(claim, by=asker(request))
        return Response(self._told(claim.pk))

    def _told(self, pk: UUID) -> Any:
        return self.get_serializer(self.get_queryset().get(pk=pk)).data
