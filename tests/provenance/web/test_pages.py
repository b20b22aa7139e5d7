"""Every page, for everybody who may see it, in both languages."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from generation.models import Job
from provenance.artists.claim import claim_profile
from provenance.artists.decide import decide
from provenance.audits.models import SetAudit, Subscription
from provenance.audits.subscribe import unsubscribe_address
from provenance.reports.models import Report
from provenance.reports.sign import signed
from provenance.review.models import Case
from provenance.works.models import Version, Work
from similarity.models import Artist, Audit, Reference
from tests import factories
from tests.provenance.reports.records import make_record
from tests.provenance.web.html import Page
from tests.provenance.web.test_set_audits import DECISION

NEVER_SHOWN = ("not ai", "original", "infringe", "stolen", "copyrightable", "copied")
CHINESE = re.compile(r"[\u4e00-\u9fff]")

Setting = dict[str, str]


@pytest.fixture
def art(creator: User, reviewer: User, settings: Settings, tmp_path: Path) -> Setting:
    """An artist whom somebody acts for, with all that was measured, and the address of each page about it."""
    settings.LEDGER_KEY = str(tmp_path / "ledger.pem")
    artist = Artist.objects.create(slug="claude-monet", name="Claude Monet", born=1840, died=1926, naming="refuses")
    Reference.objects.create(artist=artist, title="Lilies", sha256="1" * 64, fingerprint=bytes(32), year="1906")
    claim, _new = claim_profile(by=creator, artist=artist, evidence="My site.", links=["https://example.org/a"])
    waiting, _new = claim_profile(by=reviewer, artist=None, name="Ada Lovelace", evidence="My book.")
    decide(claim=claim, reviewer=reviewer, ruling="approve", reason="Seen.")
    letters = Subscription.objects.create(user=creator, artist=artist, language="en")
    calibration = factories.make_calibration()
    draft = factories.make_calibration(state="draft", domain=f"generated:{'ab' * 32}", generator={"name": "tiny"})
    judged = factories.make_judged_audit(owner=creator, artist=artist, calibration=calibration)
    asked = factories.make_judged_audit(owner=creator, artist=artist, calibration=calibration)
    failed = factories.make_audit(owner=creator, outcome=Audit.Outcome.FAILED, error_code="encoder_not_found")
    Report.objects.create(audit=judged, status=Report.Status.READY, document=signed(make_record()), with_picture=True)
    sets = {
        status: SetAudit.objects.create(
            owner=creator, kind="person", name="ada", status=status, outcome="style_match", domain="uploads",
            calibration=calibration, p_value=0.004, decision=DECISION,
        )
        for status in SetAudit.Status.values
    }  # fmt: skip
    return {
        "artists": reverse("web:artists"),
        "artist": reverse("web:artist", args=[artist.slug]),
        "claim-artist": reverse("web:claim-artist", args=[artist.slug]),
        "claim-new": reverse("web:claim-new"),
        "claim": reverse("web:claim", args=[claim.pk]),
        "desk": reverse("web:artist-desk", args=[artist.slug]),
        "withdraw": reverse("web:artist-withdraw", args=[artist.slug]) + "?all=1",
        "resemblances": reverse("web:resemblances", args=[artist.slug]),
        "unsubscribe": unsubscribe_address(letters).removeprefix(settings.ADDRESS),
        "report": reverse("web:report", args=[judged.pk]),
        "report-to-ask-for": reverse("web:report", args=[asked.pk]),
        "audits": reverse("web:audits"),
        "audit": reverse("web:audit", args=[judged.pk]),
        "audit-failed": reverse("web:audit", args=[failed.pk]),
        "set-audits": reverse("web:set-audits"),
        **{f"set-{status}": reverse("web:set-audit", args=[row.pk]) for status, row in sets.items()},
        "calibrations": reverse("web:calibrations"),
        "calibration": reverse("web:calibration", args=[calibration.pk]),
        "draft": reverse("web:calibration", args=[draft.pk]),
        "claims": reverse("web:review-claims"),
        "review-claim": reverse("web:review-claim", args=[waiting.pk]),
    }


@pytest.fixture
def setting(creator: User, reviewer: User, art: Setting) -> Setting:
    """One of everything a page can be about; gives the address of each page by a name."""
    work = factories.make_work(owner=creator)
    factories.make_version(work=work, number=1)
    copy = factories.make_audit(
        outcome=Audit.Outcome.COPY,
        artist_name="Winslow Homer",
        copy_of={"artist": "Winslow Homer", "title": "The Fog Warning", "method_code": "image_code"},
        named_in_prompt=[{"artist": "Claude Monet", "slug": "claude-monet", "matched": "Monet"}],
    )
    held = factories.make_version(work=work, number=2, status=Version.Status.HELD, audit=copy)
    factories.make_version(work=work, number=3, status=Version.Status.RENDERED)
    case = factories.make_case(version=held)
    for status in Job.Status.values:
        factories.make_job(owner=creator, status=status, step=3, error_code="out_of_memory", error="Too large.")
    jobs = {job.status: f"{reverse('web:studio')}?job={job.pk}" for job in Job.objects.filter(work__isnull=True)}
    return {
        "start": reverse("web:start"),
        "verify": reverse("web:verify"),
        "sign-in": reverse("web:sign-in"),
        "studio": reverse("web:studio"),
        **jobs,
        "again": f"{reverse('web:studio')}?again={work.job_id}",
        "works": reverse("web:works"),
        "work": reverse("web:work", args=[work.pk]),
        "work-held": reverse("web:work", args=[work.pk]) + "?version=2",
        "work-open": reverse("web:work", args=[work.pk]) + "?version=3",
        "title": reverse("web:title", args=[work.pk]),
        "account": reverse("web:account"),
        "password": reverse("web:password"),
        "password-changed": reverse("web:password-changed"),
        "queue": reverse("web:queue"),
        "case": reverse("web:case", args=[case.pk]),
        "decided": reverse("web:decided"),
        **art,
    }


ANYBODY = ["start", "verify", "sign-in", "artists", "artist", "unsubscribe"]
OWNER = [
    *["start", "verify", "studio", "again", *Job.Status.values, "works", "work", "work-held", "work-open", "title"],
    *["account", "password", "password-changed"],
    *["claim-artist", "claim-new", "claim", "desk", "withdraw", "resemblances", "report", "report-to-ask-for"],
    *["audits", "audit", "audit-failed"],
    *["set-audits", *(f"set-{status}" for status in SetAudit.Status.values)],
]
REVIEWER = [
    *["queue", "case", "decided", "work", "work-held", "works", "claims", "review-claim"],
    *["calibrations", "calibration", "draft", "set-audits", "audits", "audit"],
]
EVERY_PAGE = (
    [("", name) for name in ANYBODY] + [("ada", name) for name in OWNER] + [("rita", name) for name in REVIEWER]
)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize(("who", "name"), EVERY_PAGE)
def test_every_page_is_sound(client: Client, setting: Setting, who: str, name: str, language: str) -> None:
    """Given everything a page can show, when its user opens it, then it is a whole, safe and readable page."""
    if who:
        client.force_login(User.objects.get(username=who))

    response = client.get(setting[name], headers={"Accept-Language": language})

    assert response.status_code == 200
    page = Page(response.content.decode())
    assert page.problems == []
    assert page.unlabelled() == []
    assert page.all("html") == [{"lang": language}]
    assert len(page.all("h1")) == 1
    assert not [word for word in NEVER_SHOWN if word in page.text.lower()]
    assert bool(CHINESE.search(page.text.replace("简体中文", ""))) is (language == "zh-hans")
    policy = response["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize(
    "name",
    [
        *[
            "studio",
            "works",
            "work",
            "title",
            "account",
            "password",
            "queue",
            "case",
            "decided",
            "desk",
            "claim",
            "report",
        ],
        *["resemblances", "audits", "audit", "set-audits", "calibrations", "calibration", "claims", "review-claim"],
    ],
)
def test_pages_for_people_with_an_account_lead_others_to_the_sign_in(
    client: Client, setting: Setting, name: str
) -> None:
    response = client.get(setting[name])

    assert response.status_code == 302
    assert response["Location"].startswith(reverse("web:sign-in") + "?next=")


@pytest.mark.parametrize("name", ["work", "title"])
def test_a_stranger_does_not_learn_that_a_work_exists(
    client: Client, setting: Setting, stranger: User, name: str
) -> None:
    client.force_login(stranger)

    response = client.get(setting[name], headers={"Accept-Language": "en"})

    assert response.status_code == 404
    assert "There is nothing here" in response.content.decode()


def test_a_reviewer_reads_but_does_not_rename(client: Client, setting: Setting, reviewer: User) -> None:
    client.force_login(reviewer)

    response = client.post(setting["title"], {"title": "mine now"})

    assert response.status_code == 404
    assert Work.objects.get().title == "a harbour at sunset"


@pytest.mark.parametrize("name", ["queue", "case", "decided"])
def test_the_desk_is_for_reviewers(client: Client, setting: Setting, creator: User, name: str) -> None:
    client.force_login(creator)

    response = client.get(setting[name])

    assert response.status_code == 403
    assert Page(response.content.decode()).problems == []


@pytest.mark.parametrize("address", ["/nowhere", "/works/not-a-uuid/", "/%00", "/works/?page=zzz&cursor=%ff"])
def test_odd_addresses_are_answered_plainly(client: Client, creator: User, address: str) -> None:
    client.force_login(creator)

    response = client.get(address)

    assert response.status_code in (200, 404)
    assert Page(response.content.decode()).problems == []


@pytest.mark.parametrize("template", ["400.html", "500.html"])
def test_the_last_pages_need_neither_database_nor_request(template: str) -> None:
    """No ``db`` fixture here: a query would fail the test."""
    from django.template.loader import render_to_string

    page = Page(render_to_string(template))

    assert page.problems == []
    assert template.removesuffix(".html") in page.text


def test_a_forged_form_is_refused_with_a_sentence(creator: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(creator)

    response = client.post(reverse("web:account"), {"action": "renew"}, headers={"Accept-Language": "en"})

    assert response.status_code == 403
    assert "nothing was done" in response.content.decode()
    assert not hasattr(creator, "auth_token")


def test_the_language_can_be_chosen(client: Client, db: None) -> None:
    response = client.post(reverse("set_language"), {"language": "zh-hans", "next": "/verify/"}, follow=True)

    assert Page(response.content.decode()).all("html") == [{"lang": "zh-hans"}]


def test_lists_are_paged(client: Client, creator: User, django_assert_max_num_queries: Callable[..., object]) -> None:
    """Given 30 works, when the list is opened, then 24 are shown, and the rest on the second page."""
    for _ in range(30):
        factories.make_version(work=factories.make_work(owner=creator))
    client.force_login(creator)

    with django_assert_max_num_queries(8):  # type: ignore[attr-defined]
        first = client.get(reverse("web:works"))
    second = client.get(reverse("web:works"), {"page": 2})

    assert [len(response.context["page"].object_list) for response in (first, second)] == [24, 6]


def test_the_admin_and_the_readable_api_have_a_policy_of_their_own(client: Client, db: None) -> None:
    policy = client.get("/admin/login/")["Content-Security-Policy"]

    assert "'unsafe-eval'" in policy
    assert "frame-ancestors 'none'" in policy


def test_the_first_page_promises_no_more_than_a_file_tells(client: Client, db: None) -> None:
    """A file is sealed before its comparison is decided about: it holds neither comparison nor decision."""
    text = " ".join(
        Page(client.get(reverse("web:start"), headers={"Accept-Language": "en"}).content.decode()).text.split()
    )
    assert "a note: which model, which prompt, what a person changed." in text
    assert "wait for a person to decide; that is kept here, and is not in the note." in text


def test_an_empty_queue_says_so(client: Client, reviewer: User) -> None:
    assert not Case.objects.exists()
    client.force_login(reviewer)

    response = client.get(reverse("web:queue"), headers={"Accept-Language": "en"})

    assert "Nothing is waiting" in response.content.decode()
