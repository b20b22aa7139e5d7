from collections.abc import Callable

from django.contrib.auth.models import User

from provenance.artists.models import Claim
from provenance.artists.wishes import set_naming
from provenance.ledger.erase import erase_person
from provenance.ledger.models import PersonalValue
from provenance.ledger.verify import verify_ledger
from similarity.models import Artist


def test_an_erased_person_leaves_no_evidence_and_decides_no_more(
    creator: User, stranger: User, monet: Artist, claim_of: Callable[..., Claim]
) -> None:
    claim = claim_of(links=["https://example.org/ada"])
    set_naming(monet, by=creator, naming="refuses")
    other = claim_of(by=stranger, approved=False)

    erase_person("ada")

    claim.refresh_from_db()
    assert (claim.evidence, claim.links, claim.status) == ("", [], "given_up")
    assert Claim.objects.standing(creator, monet) is None
    assert not PersonalValue.objects.filter(person=creator).exists()
    other.refresh_from_db()
    assert (other.evidence, other.status) == ("My site names this account.", "waiting")
    monet.refresh_from_db()
    assert monet.naming == "refuses"
    assert not verify_ledger().breaks
