"""One row in every append-only table, made directly."""

from django.contrib.auth.models import User
from django.db import transaction

from provenance.artists.models import Claim, ClaimDecision
from provenance.ledger.append import append
from provenance.ledger.checkpoint import checkpoint
from provenance.ledger.models import Subtree
from provenance.review.models import Decision
from provenance.verdicts.models import Judgement
from provenance.works.models import Export, Version
from tests.factories import make_case, make_version, make_work


def make_every_row(*, owner: User, reviewer: User) -> None:
    with transaction.atomic():
        append(key="a", kind="x", subject="s", payload={"f": 1.5}, actor=owner, personal={"note": "hm"})
    checkpoint()
    Subtree.objects.create(rank=1, place=0, root="ab" * 32)
    work = make_work(owner=owner)
    held = make_version(work=work, status=Version.Status.HELD)
    Decision.objects.create(case=make_case(version=held), reviewer=reviewer, ruling="publish", reason="No copy.")
    claim = Claim.objects.create(claimant=owner, artist_name="Ada", evidence="My site names this account.")
    ClaimDecision.objects.create(claim=claim, reviewer=reviewer, ruling="approve", reason="The site does.")
    version = make_version(work=work, number=2)
    Judgement.objects.create(version=version, verdict="valid", before="valid", sdk="c2pa-python 0.38.1")
    Export.objects.create(
        version=version,
        recipe="ab" * 32,
        profile="plain",
        media_type="image/png",
        prompt_writer="Ada L.",
        by=owner,
        blob=version.blob,
        sha256=version.sha256,
        bytes=123,
        manifest_label="urn:c2pa:x",
        manifest={},
        signer="Colophon development signer",
        certificate_sha256="ef" * 32,
        verdict="valid",
        sdk="c2pa-python 0.38.1",
    )
