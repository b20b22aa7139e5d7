"""Comparing a picture on the pages: what is made, what is refused, and whose it is."""

import re
from pathlib import Path
from typing import Any, Literal

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Browser, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from similarity.encoder import Encoder
from similarity.errors import SimilarityError
from similarity.models import Audit
from similarity.uploads import ENVELOPE_BYTES
from tests import factories
from tests.provenance.web.browser import browser, overflow  # noqa: F401
from tests.provenance.web.html import Page
from tests.provenance.web.test_hostile_text import sign_in
from tests.similarity.conftest import (  # noqa: F401
    _own_index,
    _tiny_loaded,
    encoded,
    painting,
    tiny,
    tiny_folder,
)

pytestmark = pytest.mark.django_db
AUDITS = "/audits/"
KEY = "5f0c5b52-3a0f-4d5e-9d6c-2f8f7a9e1c11"
PICTURE, OTHER = (encoded(painting(number)) for number in (1, 2))
ENGLISH = {"Accept-Language": "en"}


def send(client: Client, data: bytes = PICTURE, *, htmx: bool = False, **said: str) -> Any:
    headers = ENGLISH | ({"HX-Request": "true"} if htmx else {})
    return client.post(AUDITS, {"file": SimpleUploadedFile("a.png", data), "key": KEY, **said}, headers=headers)


def read(client: Client, address: str = AUDITS) -> Page:
    answer = client.get(address, headers=ENGLISH)
    assert answer.status_code == 200
    page = Page(answer.content.decode())
    assert (page.problems, page.unlabelled()) == ([], [])
    return page


def words(page: Page) -> str:
    return " ".join(page.text.split())


@pytest.fixture
def ada(client: Client, creator: User) -> Client:
    client.force_login(creator)
    return client


def test_an_upload_is_compared_and_leads_to_what_was_found(tiny: Encoder, ada: Client, creator: User) -> None:  # noqa: F811
    answer = send(ada, prompt="a harbour")

    made = Audit.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/audits/{made.pk}/")
    assert (made.owner, made.subject, made.domain) == (creator, None, "uploads")
    page = read(ada, answer["Location"])
    assert "An uploaded picture" in words(page)
    assert "Too few works to compare with" in words(page)
    assert made.image_sha256 in words(page)
    assert f"/audits/{made.pk}/report/" in [link["href"] for link in page.all("a")]


def test_with_scripts_the_browser_is_led_there(tiny: Encoder, ada: Client) -> None:  # noqa: F811
    answer = send(ada, htmx=True)
    assert (answer.status_code, answer["HX-Redirect"]) == (204, f"/audits/{Audit.objects.get().pk}/")


def test_two_clicks_make_one_comparison_and_another_picture_makes_another(tiny: Encoder, ada: Client) -> None:  # noqa: F811
    """Given the key of one form, when it comes again with the same picture, then nothing is made anew."""
    assert [send(ada)["Location"] for _ in range(2)] == [f"/audits/{Audit.objects.get().pk}/"] * 2

    other = send(ada, OTHER)

    assert (other.status_code, Audit.objects.count()) == (302, 2)


def test_each_form_has_a_key_of_its_own(ada: Client) -> None:
    keys = [next(it["value"] for it in read(ada).all("input") if it.get("name") == "key") for _ in range(2)]
    assert len(set(keys)) == 2


def test_a_model_is_chosen_by_name_where_one_is_known(
    ada: Client, creator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []

    def audit_once(data: bytes, **said: Any) -> tuple[Audit, bool]:
        asked.append(said)
        return factories.make_audit(owner=creator), True

    monkeypatch.setattr("similarity.audit.audit_once", audit_once)
    assert read(ada).all("select") == []
    factories.make_calibration(domain=f"generated:{'ab' * 32}", generator={"name": "tiny"})
    assert "tiny" in [option["value"] for option in read(ada).all("option")]

    assert send(ada, generator="tiny", prompt=" a harbour ").status_code == 302
    assert send(ada, generator="nobody's").status_code == 422

    (said,) = asked
    assert said.pop("idempotency_key").startswith(f"page:{KEY}:")
    assert said == {"owner": creator, "prompt": "a harbour", "generator": "tiny"}


@pytest.mark.parametrize("htmx", [False, True])
@pytest.mark.parametrize(
    ("data", "status", "sentence"),
    [
        (b"", 422, "Choose a picture first"),
        (b"hello", 415, "This file is not a picture."),
        (PICTURE[:200], 400, "damaged or cut off"),
        (b"II*\x00" + bytes(8), 400, "damaged or cut off"),
    ],
)
def test_a_bad_file_gets_a_sentence(ada: Client, data: bytes, status: int, sentence: str, htmx: bool) -> None:
    answer = send(ada, data, htmx=htmx)

    said = words(Page(answer.content.decode()))
    assert answer.status_code == status
    assert said.count(sentence) == 1
    assert ("<html" in answer.content.decode()) is not htmx
    assert not Audit.objects.exists()


def test_what_is_wrong_with_a_field_stands_there_and_words_are_kept(ada: Client) -> None:
    answer = send(ada, prompt="x" * 10_001)
    page = Page(answer.content.decode())
    assert answer.status_code == 422
    assert [it.get("aria-invalid") for it in page.all("textarea")] == ["true"]
    assert words(page).count("at most 10000 characters") == 1
    assert "at most 10000 characters" in send(ada, prompt="x" * 10_001, htmx=True).content.decode()


def test_a_comparison_that_failed_is_made_again_when_the_form_is_sent_again(
    ada: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("similarity.audit.load_encoder", _missing)
        send(ada)
    assert [audit.outcome for audit in Audit.objects.all()] == ["failed"]
    for _click in range(2):
        send(ada)
    assert "failed" not in [audit.outcome for audit in Audit.objects.order_by("-created_at")[:1]]


def _missing() -> None:
    raise SimilarityError("encoder_not_found", "The encoder is not here.")


def test_a_file_too_large_is_refused_before_it_is_read(
    ada: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MAX_UPLOAD_BYTES = 1000
    assert send(ada, bytes(1001)).status_code == 413
    monkeypatch.setattr("django.http.request.HttpRequest.parse_file_upload", lambda *a: pytest.fail("it was read"))

    answer = send(ada, bytes(1000 + ENVELOPE_BYTES))

    assert answer.status_code == 413
    assert "Send a smaller one." in answer.content.decode()


def test_too_many_pixels_are_told(ada: Client, settings: Settings) -> None:
    settings.MAX_IMAGE_PIXELS = 100
    answer = send(ada)
    assert answer.status_code == 400
    assert "The picture has 96 × 80 pixels" in answer.content.decode()


def test_without_an_encoder_the_comparison_fails_and_says_to_try_again(
    ada: Client, settings: Settings, tmp_path: Path
) -> None:
    settings.ENCODER = f"local-dir:{tmp_path / 'nothing'}"

    said = words(read(ada, send(ada)["Location"]))

    assert Audit.objects.get().outcome == Audit.Outcome.FAILED
    assert "Could not be judged" in said
    assert "The service's operator must put it in place." in said
    assert "Try again later, with the same file." in said
    assert str(tmp_path) not in said


def test_what_may_pass_by_itself_is_told_so(ada: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def audit_once(data: bytes, **said: Any) -> tuple[Audit, bool]:
        raise SimilarityError("index_unreadable", "It is built anew; try again in a minute.", permanent=False)

    monkeypatch.setattr("similarity.audit.audit_once", audit_once)
    for htmx in (False, True):
        answer = send(ada, htmx=htmx)
        assert answer.status_code == 503
        assert "try again in a minute" in answer.content.decode()


def test_the_limit_is_shared_with_the_api(ada: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from rest_framework.throttling import ScopedRateThrottle

    monkeypatch.setattr(ScopedRateThrottle, "THROTTLE_RATES", {"verify": "2/min"})

    api = [ada.post("/api/v1/audits/", {"image": SimpleUploadedFile("a.png", b"hello")}).status_code for _ in "ab"]
    last = send(ada, b"hello")

    assert (api, last.status_code) == ([415, 415], 429)
    assert 0 < int(last["Retry-After"]) <= 61
    assert "wait a minute" in last.content.decode()


def test_a_forged_form_compares_nothing(creator: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(creator)
    assert send(client).status_code == 403
    assert not Audit.objects.exists()


def test_nobody_signed_in_is_led_to_the_sign_in(client: Client) -> None:
    answer = send(client)
    assert (answer.status_code, answer["Location"]) == (302, "/sign-in/?next=/audits/")
    assert not Audit.objects.exists()
    assert AUDITS not in [link["href"] for link in read(client, "/").all("a")]


def test_a_comparison_is_its_askers(ada: Client, creator: User, stranger: User, reviewer: User) -> None:
    """As everywhere: to others it is not there. The list holds one's own only, of whoever asks."""
    made = factories.make_audit(owner=creator)
    address = reverse("web:audit", args=[made.pk])
    for user, status, own in ((stranger, 404, 0), (reviewer, 200, 0), (creator, 200, 1)):
        ada.force_login(user)
        assert ada.get(address).status_code == status
        assert len(ada.get(AUDITS).context["comparisons"]) == own
    ada.force_login(reviewer)
    assert " UTC · ada" in words(read(ada, address))


def test_an_empty_list_says_so_and_the_pages_are_linked(ada: Client) -> None:
    page = read(ada)
    assert "Nothing was compared for you yet." in words(page)
    assert {"href": AUDITS, "aria-current": "page"} in page.all("a")


def test_the_list_tells_what_was_found_newest_first(ada: Client, creator: User) -> None:
    """Given an upload, a picture made here, an earlier comparison of it, and a failure, then each tells its own."""
    judged = factories.make_judged_audit(owner=creator)
    work = factories.make_work(owner=creator)
    published = factories.make_version(work=work, audit=factories.make_audit(owner=creator, subject=work.pk))
    factories.make_audit(owner=creator, subject=published.pk)
    factories.make_audit(owner=creator, outcome="failed", error="No encoder.", error_code="encoder_not_found")

    page = read(ada)
    answer = ada.get(AUDITS, headers=ENGLISH)

    assert [each.headline for each in answer.context["comparisons"]] == [
        "Could not be judged",
        "Compared, not judged",
        "Compared, not judged",
        "Resembles the style of Claude Monet",
    ]
    told = words(page).partition("Your comparisons")[2]
    assert re.findall("an upload|a picture made here|a harbour at sunset", told) == [
        *("an upload", "a picture made here", "a harbour at sunset", "an upload")
    ]
    assert [it["src"] for it in page.all("img") if it.get("loading") == "lazy"] == [
        reverse("web:version-thumbnail", args=[published.pk])
    ]
    reports = [str(link["href"]) for link in page.all("a") if str(link["href"]).endswith("/report/")]
    assert (len(reports), reports[-1]) == (3, reverse("web:report", args=[judged.pk]))
    assert reverse("web:work", args=[work.pk]) + "?version=1" in [
        link["href"] for link in read(ada, reverse("web:audit", args=[published.audit_id])).all("a")
    ]


def test_a_newer_calibration_marks_what_an_earlier_one_judged(ada: Client, creator: User) -> None:
    calibration = factories.make_calibration()
    judged = factories.make_judged_audit(owner=creator, calibration=calibration)
    addresses = (AUDITS, reverse("web:audit", args=[judged.pk]))
    assert not any("by an earlier calibration" in words(read(ada, address)) for address in addresses)
    type(calibration).objects.update(state="retired")
    factories.make_calibration()
    assert all("by an earlier calibration" in words(read(ada, address)) for address in addresses)


def test_the_list_is_paged(ada: Client, creator: User, django_assert_max_num_queries: Any) -> None:
    calibration = factories.make_calibration()
    for _ in range(25):
        factories.make_judged_audit(owner=creator, calibration=calibration)
    with django_assert_max_num_queries(7):
        first = ada.get(AUDITS)
    second = ada.get(AUDITS, {"page": 2})
    assert [len(response.context["comparisons"]) for response in (first, second)] == [20, 5]


def test_nobody_decides_about_an_upload_that_is_a_known_work(ada: Client, creator: User) -> None:
    """A picture made here waits for a reviewer; of an upload only the asker learns."""
    copy = {"artist": "Winslow Homer", "title": "The Fog Warning", "method_code": "image_code"}
    audits = [
        factories.make_audit(owner=creator, outcome="copy", copy_of=copy, subject=subject)
        for subject in (None, factories.make_work(owner=creator).pk)
    ]
    upload, made_here = (words(read(ada, reverse("web:audit", args=[audit.pk]))) for audit in audits)
    assert "It was matched with a work that is on record here." in upload
    assert "a person decides" not in upload
    assert "It was matched with a work that is on record here; a person decides what follows." in made_here


@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1440, "light")])
def test_in_a_browser(
    browser: Browser,  # noqa: F811
    live_server: LiveServer,
    tiny: Encoder,  # noqa: F811
    creator: User,
    width: int,
    scheme: Literal["dark", "light"],
) -> None:
    """Given a file that is no picture and then one, with the keyboard alone, then the first is told and the form stays,
    and the second leads to what was found."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, locale="en-GB", base_url=live_server.url
    )
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    sign_in(context, live_server, creator)
    page.goto("/")
    page.get_by_role("link", name="Compare", exact=True).press("Enter")
    assert overflow(page) <= 0
    file, button = page.get_by_label("Drop a picture here"), page.get_by_role("button", name="Compare it")

    file.set_input_files({"name": "note.txt", "mimeType": "text/plain", "buffer": b"hello"})
    page.get_by_label("Prompt").fill("a harbour")
    button.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="not a picture")).to_be_visible()
    expect(page.get_by_label("Prompt")).to_have_value("a harbour")

    file.set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": PICTURE})
    expect(page).to_have_url(re.compile("/audits/$"))  # choosing a file sends nothing: there is more to say
    button.press("Enter")
    expect(page).to_have_url(re.compile(r"/audits/[0-9a-f-]{36}/$"))
    expect(page.get_by_role("heading", level=1)).to_have_text("An uploaded picture")
    assert overflow(page) <= 0
    page.get_by_role("link", name="Report of this comparison").press("Enter")
    expect(page.get_by_role("button", name="Make the report")).to_be_visible()
    assert Audit.objects.count() == 1
    assert complaints == []
    context.close()
