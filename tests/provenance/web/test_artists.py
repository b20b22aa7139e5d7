"""The artists' pages: the list, a profile, a claim, the artist's desk and the reviewers' claims."""

import re
from pathlib import Path
from typing import Literal
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from provenance.artists import enrol as enrolling
from provenance.artists.claim import claim_profile, propose_names
from provenance.artists.decide import decide
from provenance.artists.enrol import Became
from provenance.artists.errors import ArtistError
from provenance.artists.models import Claim, ClaimDecision, Enrolment
from provenance.web.views import artist_desk
from provenance.web.views.artists import ENOUGH_WORKS
from similarity import search
from similarity.errors import SimilarityError
from similarity.models import Artist, Reference
from tests.provenance.web.browser import browser, overflow  # noqa: F401
from tests.provenance.web.html import Page
from tests.provenance.web.test_hostile_text import sign_in
from tests.provenance.web.test_pages import NEVER_SHOWN

ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def monet(db: None) -> Artist:
    artist = Artist.objects.create(
        slug="claude-monet", name="Claude Monet", born=1840, died=1926, aliases=["莫奈", "كلود مونيه"]
    )
    for number in range(3):
        Reference.objects.create(
            artist=artist, title=f"Lilies {number}", sha256=f"{number:064}", fingerprint=bytes(32), year="1906"
        )
    return artist


@pytest.fixture
def claim(creator: User, reviewer: User, monet: Artist) -> Claim:
    made, _new = claim_profile(by=creator, artist=monet, evidence="My site.", links=["https://example.org/a"])
    decide(claim=made, reviewer=reviewer, ruling="approve", reason="Seen.")
    return Claim.objects.get()


def addresses(claim: Claim) -> dict[str, str]:
    slug = ["claude-monet"]
    return {
        "list": reverse("web:artists"),
        "found": reverse("web:artists") + "?q=莫奈",
        "none": reverse("web:artists") + "?q=nobody",
        "artist": reverse("web:artist", args=slug),
        "claim-artist": reverse("web:claim-artist", args=slug),
        "claim-new": reverse("web:claim-new"),
        "claim": reverse("web:claim", args=[claim.pk]),
        "desk": reverse("web:artist-desk", args=slug),
        "withdraw": reverse("web:artist-withdraw", args=slug) + "?all=1",
        "claims": reverse("web:review-claims"),
        "approved": reverse("web:review-claims") + "?status=approved",
        "review-claim": reverse("web:review-claim", args=[claim.pk]),
    }


OPEN = ["list", "found", "none", "artist"]
SIGNED_IN = ["claim-artist", "claim-new"]
MAY = {
    "": OPEN,
    "ben": OPEN + SIGNED_IN,
    "ada": [*OPEN, *SIGNED_IN, "claim", "desk", "withdraw"],
    "rita": [*OPEN, *SIGNED_IN, "claims", "approved", "review-claim"],
}


@pytest.mark.parametrize("who", MAY)
def test_every_page_is_sound_and_for_whom_it_is(
    client: Client, claim: Claim, stranger: User, creator: User, monet: Artist, who: str
) -> None:
    propose_names(by=creator, artist=monet, aliases=["Oscar-Claude Monet"])
    Reference.objects.filter(title="Lilies 2").update(leaving_since=claim.created_at)
    if who:
        client.force_login(User.objects.get(username=who))
    for name, address in addresses(claim).items():
        answer = client.get(address, headers=ENGLISH)
        if name not in MAY[who]:
            assert answer.status_code == (302 if not who else 404 if name == "claim" else 403), (name, who)
            continue
        assert answer.status_code == 200, (name, who)
        page = Page(answer.content.decode())
        assert page.problems == [], name
        assert page.unlabelled() == [], name
        assert len(page.all("h1")) == 1
        assert not [word for word in NEVER_SHOWN if word in page.text.lower()], name


def test_the_list_finds_names_in_any_script(client: Client, monet: Artist) -> None:
    Artist.objects.create(slug="theodore-gericault", name="Théodore Géricault")
    for asked, found in (("莫奈", [monet.name]), ("GERICAULT", ["Théodore Géricault"]), ("nobody", []), ("  ", 2)):
        page = client.get(reverse("web:artists"), {"q": asked}).context["page"]
        names = [artist.name for artist in page.object_list]
        assert (len(names) if isinstance(found, int) else names) == found


def test_a_profile_tells_what_was_decided(client: Client, monet: Artist) -> None:
    said = client.get(reverse("web:artist", args=[monet.slug]), headers=ENGLISH).content.decode()
    assert "1840–1926" in said
    assert "Fewer than 10 works are known" in said
    assert "Lilies 0" in said
    assert "What resembles" not in said

    Artist.objects.update(naming="refuses", mining="constrained", mining_text="Ask <b>me</b>.")
    Reference.objects.update(leaving_since="2026-01-01T00:00Z")
    said = client.get(reverse("web:artist", args=[monet.slug]), headers=ENGLISH).content.decode()
    assert "<strong>Refused.</strong>" in said
    assert "Ask &lt;b&gt;me&lt;/b&gt;." in said
    assert "Lilies 0" not in said


def test_as_many_works_are_enough_here_as_in_the_comparison() -> None:
    assert search.ENOUGH_REFERENCES == ENOUGH_WORKS


def test_a_claim_is_made_looked_at_and_given_up(client: Client, stranger: User, monet: Artist) -> None:
    client.force_login(stranger)
    address = reverse("web:claim-artist", args=[monet.slug])
    empty = client.post(address, {"capacity": "artist", "evidence": " "}, headers=ENGLISH)
    assert empty.status_code == 422
    bad = client.post(address, {"capacity": "artist", "evidence": "x", "links": "ftp://x"}, headers=ENGLISH)
    assert bad.status_code == 422
    assert "is no address of a page" in bad.content.decode()
    assert Claim.objects.count() == 0

    said = {
        "capacity": "heir",
        "evidence": "The will.",
        "links": "https://a.example\r\n\r\nhttps://b.example",
        "aliases": "C. M.\n",
        "key": "1b4e28ba-2fa1-41d2-883f-0016d3cca427",
    }
    for _time in range(2):
        answer = client.post(address, said, follow=True, headers=ENGLISH)
    made = Claim.objects.get()
    assert (made.capacity, made.links, made.aliases) == ("heir", ["https://a.example", "https://b.example"], ["C. M."])
    assert "Waiting for a reviewer" in answer.content.decode()
    assert "You have claimed this profile" in client.get(address, headers=ENGLISH).content.decode()

    answer = client.post(reverse("web:claim", args=[made.pk]), follow=True, headers=ENGLISH)
    assert "You took the claim back." in answer.content.decode()
    assert Claim.objects.get().status == "given_up"


def test_the_back_button_brings_no_old_key(client: Client, creator: User) -> None:
    """Given a claim that was sent, when another is sent with the key of its page, then it is a claim of its own."""
    client.force_login(creator)
    said = {"capacity": "artist", "evidence": "My site.", "key": "0b1f3a52-7f0f-4f7b-9c15-1d9c5f6f0a11"}
    for name in ("Ann Other", "Ann Other", "Bea Other"):
        assert client.post(reverse("web:claim-new"), {**said, "name": name}).status_code == 302
    assert sorted(Claim.objects.values_list("artist_name", flat=True)) == ["Ann Other", "Bea Other"]


def test_a_claim_decided_by_somebody_else_meanwhile_offers_nothing_more(
    client: Client, creator: User, reviewer: User, monet: Artist, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, _new = claim_profile(by=creator, artist=monet, evidence="My site.")

    def slower(**said: object) -> None:
        monkeypatch.undo()
        decide(claim=Claim.objects.get(), reviewer=reviewer, ruling="approve", reason="Seen.")
        raise ArtistError("already_decided", "This was decided already.")

    monkeypatch.setattr("provenance.web.views.review_claims.decide", slower)
    client.force_login(reviewer)
    answer = client.post(reverse("web:review-claim", args=[made.pk]), {"ruling": "refuse", "reason": "No."})
    assert answer.status_code == 409
    page = Page(answer.content.decode())
    assert "This was decided already." in page.text
    assert "Seen." in page.text
    assert [field for field in page.all("input") if field.get("name") == "ruling"] == []


def test_a_reviewer_decides_a_claim(client: Client, creator: User, reviewer: User, monet: Artist) -> None:
    made, _new = claim_profile(by=creator, name="Claude MONET", evidence="<script>1</script>", aliases=["莫奈"])
    client.force_login(reviewer)
    address = reverse("web:review-claim", args=[made.pk])
    said = client.get(address, headers=ENGLISH).content.decode()
    assert "These profiles have one of the names already" in said
    assert "&lt;script&gt;" in said
    assert client.post(address, {"ruling": "suspend", "reason": "x"}).status_code == 422
    assert client.post(address, {"ruling": "approve", "reason": " "}).status_code == 422
    assert ClaimDecision.objects.count() == 0

    answer = client.post(address, {"ruling": "refuse", "reason": "It is that one."}, follow=True, headers=ENGLISH)
    assert "Refuse: Claude MONET" in answer.content.decode()
    client.force_login(creator)
    told = client.get(reverse("web:claim", args=[made.pk]), headers=ENGLISH).content.decode()
    assert "It is that one." in told
    assert "rita" not in told


def test_wishes_and_names_are_kept(client: Client, claim: Claim, creator: User, monet: Artist) -> None:
    client.force_login(creator)

    def post(name: str, **said: str) -> int:
        return client.post(reverse(f"web:artist-{name}", args=[monet.slug]), said).status_code

    assert post("naming", naming="refuses") == 302
    assert post("mining", mining="constrained", mining_text="") == 422
    assert post("mining", mining="not_allowed") == 302
    assert post("names", aliases="x") == 422
    assert post("names", aliases="Oscar-Claude Monet") == 302
    assert post("names", drop="莫奈") == 302
    monet.refresh_from_db()
    assert (monet.naming, monet.mining, monet.aliases) == ("refuses", "not_allowed", ["كلود مونيه"])
    assert Claim.objects.get(kind="names").aliases == ["Oscar-Claude Monet"]


def test_strangers_change_nothing(client: Client, claim: Claim, stranger: User, reviewer: User, monet: Artist) -> None:
    for user in (stranger, reviewer):
        client.force_login(user)
        for name in ("enrol", "withdraw", "restore", "naming", "mining", "names"):
            answer = client.post(reverse(f"web:artist-{name}", args=[monet.slug]), {"naming": "refuses", "all": "1"})
            assert answer.status_code == 403, name
    monet.refresh_from_db()
    assert monet.naming == ""
    assert not Reference.objects.filter(leaving_since__isnull=False).exists()


def test_works_are_withdrawn_after_a_question_and_taken_back(
    client: Client, claim: Claim, creator: User, monet: Artist
) -> None:
    client.force_login(creator)
    address = reverse("web:artist-withdraw", args=[monet.slug])
    work = Reference.objects.get(title="Lilies 1")
    assert client.get(address, headers=ENGLISH).status_code == 302
    asked = client.get(address, {"work": [str(work.pk), "nonsense"]}, headers=ENGLISH)
    assert "Withdraw 1 work?" in asked.content.decode()
    assert not Reference.objects.filter(leaving_since__isnull=False).exists()

    told = client.post(address, {"work": str(work.pk)}, follow=True, headers=ENGLISH).content.decode()
    assert "1 work is leaving." in told
    assert Reference.objects.get(leaving_since__isnull=False) == work
    client.post(reverse("web:artist-restore", args=[monet.slug]), {"work": str(work.pk)})
    assert not Reference.objects.filter(leaving_since__isnull=False).exists()

    told = client.post(address, {"work": "nonsense"}, follow=True, headers=ENGLISH).content.decode()
    assert "Choose the works to withdraw first." in told
    assert "are leaving" not in told
    many = {"work": [str(work.pk), *(str(uuid4()) for _ in range(200))]}
    for ask in (client.get, client.post):
        told = ask(address, many, follow=True, headers=ENGLISH).content.decode()
        assert "At most 200 works can be named at once." in told
    assert not Reference.objects.filter(leaving_since__isnull=False).exists()

    client.post(address, {"all": "1"})
    assert Reference.objects.filter(leaving_since__isnull=False).count() == 3
    back = reverse("web:artist-restore", args=[monet.slug])
    assert "The works stay." in client.post(back, {"all": "1"}, follow=True, headers=ENGLISH).content.decode()
    assert not Reference.objects.filter(leaving_since__isnull=False).exists()
    work.delete()
    told = client.post(
        reverse("web:artist-restore", args=[monet.slug]), {"work": str(work.pk)}, follow=True, headers=ENGLISH
    ).content.decode()
    assert "It has gone already." in told


def test_files_are_enrolled_one_by_one_or_all_at_once(
    client: Client, claim: Claim, creator: User, monet: Artist, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given a good file and a bad one, then each is told what became of it, in the page or alone."""

    def enrol(data: bytes, **said: object) -> tuple[Enrolment, Became]:
        if data == b"bad":
            raise SimilarityError("not_an_image", "No picture.")
        return Enrolment(title=str(said["title"])), Became.ENROLLED

    monkeypatch.setattr(artist_desk, "enrol_work", enrol)
    client.force_login(creator)
    address = reverse("web:artist-enrol", args=[monet.slug])

    def files() -> dict[str, object]:
        return {"images": [SimpleUploadedFile("Red_boats.png", b"good"), SimpleUploadedFile("note.txt", b"bad")]}

    refused = client.post(address, files(), headers=ENGLISH)
    assert refused.status_code == 422
    told = client.post(address, {**files(), "statement": "on"}, headers=ENGLISH)
    assert told.status_code == 200
    assert "Red boats" in told.content.decode()
    assert "No picture." in told.content.decode()

    one = {"images": SimpleUploadedFile("Red_boats.png", b"good"), "title": "Boats", "statement": "on"}
    alone = client.post(address, one, headers={**ENGLISH, "X-One-File": "1"})
    assert alone.status_code == 200
    assert alone.content.decode().strip().startswith('<li class="enrolled good">')
    assert "Boats" in alone.content.decode()
    without = client.post(address, {"statement": "on"}, headers={**ENGLISH, "X-One-File": "1"})
    assert without.status_code == 422


def test_many_files_wait_their_turn(
    client: Client, claim: Claim, creator: User, monet: Artist, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(artist_desk, "seconds_to_wait", lambda *args, **options: 17)
    client.force_login(creator)
    one = {"images": SimpleUploadedFile("a.png", b"good"), "statement": "on"}
    answer = client.post(reverse("web:artist-enrol", args=[monet.slug]), one, headers={**ENGLISH, "X-One-File": "1"})
    assert (answer.status_code, answer["Retry-After"]) == (429, "17")
    assert Enrolment.objects.count() == 0


def test_the_studio_says_why_and_how_else(client: Client, creator: User, monet: Artist) -> None:
    Artist.objects.update(naming="refuses")
    client.force_login(creator)
    answer = client.post(
        reverse("web:studio"),
        {"prompt": "a harbour by Monet, at dusk", "model": "colophon-mini", "count": 1},
        headers=ENGLISH,
    )
    assert answer.status_code == 422
    assert "“a harbour, at dusk”" in answer.content.decode()


def test_the_statement_shown_is_the_one_that_is_kept(
    client: Client, claim: Claim, creator: User, monet: Artist
) -> None:
    client.force_login(creator)
    page = Page(client.get(reverse("web:artist-desk", args=[monet.slug]), headers=ENGLISH).content.decode())
    assert " ".join(str(enrolling.STATEMENT).split()) in " ".join(page.text.split())


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1440, "light")])
def test_the_desk_in_a_browser(
    browser: Browser,  # noqa: F811
    live_server: LiveServer,
    claim: Claim,
    creator: User,
    monet: Artist,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    width: int,
    scheme: Literal["dark", "light"],
) -> None:
    """Given three files, of which one is bad and one must wait, when they are sent, then each tells its own end; and
    a work is withdrawn and taken back by the keyboard alone."""
    waits = iter([None, 1, None, None])

    def enrol(data: bytes, *, artist: Artist, title: str, **said: object) -> tuple[Enrolment, Became]:
        if data == b"bad":
            raise SimilarityError("not_an_image", "No picture.")
        Reference.objects.create(artist=artist, title=title, sha256=f"{title:>064}", fingerprint=bytes(32))
        return Enrolment(title=title), Became.ENROLLED

    monkeypatch.setattr(artist_desk, "enrol_work", enrol)
    monkeypatch.setattr(artist_desk, "seconds_to_wait", lambda *args, **options: next(waits))
    for name, data in (("Red_boats.png", b"good"), ("note.png", b"bad"), ("Pond.png", b"good")):
        (tmp_path / name).write_bytes(data)
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, locale="en-GB", base_url=live_server.url
    )
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    sign_in(context, live_server, creator)
    page.goto(f"/artists/{monet.slug}/desk/")
    assert overflow(page) <= 0
    page.get_by_label("Pictures of the works").set_input_files(sorted(tmp_path.iterdir(), reverse=True))
    page.get_by_label("I state that these works").check()
    page.get_by_role("button", name="Enrol", exact=True).click()

    results = page.locator("#results li")
    expect(results).to_have_text(
        [re.compile("note.png.*No picture"), re.compile("Red boats.*enrolled"), re.compile("Pond.*enrolled")]
    )
    expect(page.locator("#collection")).to_contain_text("Pond")

    page.get_by_label("Pond").focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Withdraw the chosen works").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Withdraw 1 work?")
    page.get_by_role("button", name="Withdraw").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("1 work is leaving.")
    page.get_by_role("button", name=re.compile("Undo.*Pond")).press("Enter")
    expect(page.get_by_role("status")).to_contain_text("The work stays.")
    assert Reference.objects.get(title="Pond").leaving_since is None
    assert complaints == []
    context.close()
