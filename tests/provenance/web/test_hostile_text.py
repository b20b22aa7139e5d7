"""Hostile strings in every text field that is shown: nothing runs, nothing is asked for, nothing breaks the layout.

The strings of the C2PA attack list are used when they lie beside the checkout, and always a few of our own.
"""

import contextlib
import io
import json
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import transaction
from django.db.models import Model
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from playwright.sync_api import Browser, BrowserContext, Dialog, Page
from pytest_django.live_server_helper import LiveServer
from rest_framework.test import APIClient

from generation.models import Job, ModelPassport, Output
from provenance.credentials.sign import Signed, sign
from provenance.ledger.append import append
from provenance.ledger.models import PersonalValue
from provenance.reports.models import Report
from provenance.reports.sign import signed
from provenance.review.models import Decision
from provenance.verdicts.models import Judgement, TrustListVersion
from provenance.works.models import Credential, PrivatePrompt, Reveal, Version, Work
from similarity.models import Artist, Audit, Reference
from tests import factories
from tests.conftest import SHARED
from tests.provenance.reports.records import copied, make_record
from tests.provenance.web.browser import browser, overflow  # noqa: F401
from tests.provenance.works.test_verify import make_story, signer  # noqa: F401

PASSWORD = "correct horse battery"
OWN = [
    "<script>window.hostile = 1; alert('xss')</script>",
    '"><img src=x onerror="alert(\'xss\')"><foo bar="',
    "</textarea></title></style></script><svg/onload=alert(1)>",
    "' autofocus onfocus=alert(1) x='",
    "javascript:alert(document.domain)",
    "{{ 7|add:7 }}{% include 'x' %}${7*7}",
    '=HYPERLINK("http://127.0.0.1:9/steal","x")',
    "\u202egnp.exe\u202c \u2066x\u2069 \U000e0041 \ufeff",
    "Ḩ̷̛̙͍̥̪͎̃̌̔̈́e̵͚̙̽c̷̢̛̠̈́̊o̵̡͔͐m̶̱̈́e̷͔̾s " * 20,
    "W" * 5_000,
    "<!-- ",
    "<base href=http://127.0.0.1:9/><link rel=stylesheet href=//127.0.0.1:9/x.css>"
    "<meta http-equiv=refresh content='0;url=//127.0.0.1:9'>",
]


def attacks() -> list[str]:
    folder = SHARED / "c2pa" / "attacks"
    if not folder.is_dir():
        return []
    return [line for path in sorted(folder.iterdir()) for line in path.read_text(errors="replace").splitlines() if line]


STRINGS = [text.replace("\0", "") for text in OWN + attacks()]
# Those that break out of text, of attributes and of lines, each alone; and all short ones in one.
EACH = [0, 1, 2, 3, 8, 9, 11]
ALL = "  ".join(text for text in STRINGS if len(text) < 200)
# Fields that hold somebody's words, or words from a file; the rest are codes and digests of ours.
FIELDS: dict[type[Model], tuple[str, ...]] = {
    User: ("first_name", "last_name", "email"),
    Work: ("title",),
    Job: ("prompt", "negative_prompt", "error", "error_code"),
    Output: ("device", "dtype"),
    ModelPassport: ("source", "revision", "pipeline", "scheduler", "licence", "training_statement"),
    Audit: ("artist_name", "error", "error_code"),
    Version: ("error", "error_code", "label"),
    Credential: ("signer", "manifest_label", "sdk"),
    Decision: ("reason",),
    Reveal: ("recipient",),
    Artist: ("name",),
    Reference: ("title", "year", "style", "licence", "source"),
    TrustListVersion: ("source", "issued"),
}

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def hostile(reviewer: User) -> list[Work]:
    """One work for each string, with every kind of version, every field of every row filled with it."""
    with transaction.atomic():
        return _fill(reviewer)


def _fill(reviewer: User) -> list[Work]:
    User.objects.filter(pk=reviewer.pk).update(is_staff=True, is_superuser=True)
    works = []
    for number, text in enumerate([*STRINGS, ALL]):
        before = {model: list(model._base_manager.values_list("pk", flat=True)) for model in FIELDS}
        owner = factories.make_user(f"{number} {text}"[:150])
        passport = factories.make_passport(name=f"{number} {text}"[:200])
        job = factories.make_job(
            owner=owner, status=Job.Status.SUCCEEDED, passport=passport, finished_at=timezone.now()
        )
        work = factories.make_work(owner=owner, job=job)
        entry = {"artist": text, "title": text, "year": text, "source": text, "licence": text, "score": 0.5}
        audit = {
            "owner": owner,
            "outcome": Audit.Outcome.COPY,
            "works": [entry],
            "artists": [entry],
            "copy_of": {**entry, "method_code": text},
            "named_in_prompt": [{"artist": text, "slug": text, "matched": text}],
        }
        versions = [
            factories.make_version(work=work, number=place, status=status, audit=factories.make_audit(**audit))
            for place, status in enumerate(("published", "held", "refused", "failed"), start=1)
        ]
        factories.make_case(version=versions[1])
        case = factories.make_case(version=versions[2])
        Decision.objects.create(case=case, reviewer=reviewer, ruling="refuse", reason="x")
        PrivatePrompt.objects.create(
            version=versions[0], commitment=f"{number:064}", salt=b"\0" * 32, prompt=text, negative_prompt=text
        )
        Reveal.objects.create(version=versions[0], recipient="x", expires_at=timezone.now())
        Judgement.objects.create(
            version=versions[0], verdict="valid", before="trusted", reasons=[text], sdk=text[:60], trust_list=""
        )
        artist = Artist.objects.create(slug=f"artist-{number}", name="x", aliases=[text])
        Reference.objects.create(artist=artist, title="x", sha256=f"{number:064}", fingerprint=b"\0" * 32)
        TrustListVersion.objects.create(kind="tsa", sha256=f"{number:064}", source="x", form="pem", count=1, pem="")
        factories.make_job(owner=owner, status=Job.Status.FAILED)
        for model, names in FIELDS.items():
            values = {name: text[: model._meta.get_field(name).max_length] for name in names}  # type: ignore[union-attr]
            model._base_manager.exclude(pk__in=before[model]).update(**values)
        document = signed(make_record("copy", text=text, copy=copied(text)))
        assert versions[0].audit is not None
        Report.objects.create(audit=versions[0].audit, status=Report.Status.READY, document=document)
        append(
            key=f"k{number}"[:200],
            kind=text[:60],
            subject=text[:80],
            payload={"x": text},
            actor=owner,
            personal={"reason": text},
        )
        works.append(work)
    assert PersonalValue.objects.count() == 2 * (len(STRINGS) + 1)
    return works


@contextlib.contextmanager
def watched(context: BrowserContext, base: str) -> Iterator[tuple[Page, list[str]]]:
    """A page, and what happened on it that must not happen."""
    page = context.new_page()
    seen: list[str] = []

    def spoke(dialog: Dialog) -> None:
        seen.append(f"dialog {dialog.message}")
        dialog.dismiss()

    page.on("dialog", spoke)
    page.on("pageerror", lambda error: seen.append(f"error {error}"))
    page.on("console", lambda line: seen.append(line.text) if line.type in ("error", "warning") else None)

    def asked(url: str) -> None:
        if urlsplit(url).scheme not in ("data", "blob") and not url.startswith(base):
            seen.append(f"request {url}")

    page.on("request", lambda request: asked(request.url))
    yield page, seen
    page.close()


def sign_in(context: BrowserContext, live_server: LiveServer, user: User) -> None:
    client = Client()
    client.force_login(user)
    cookie = client.cookies["sessionid"].value
    context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])


def injected(page: Page) -> int:
    """Elements and attributes that only a hostile string can have made."""
    return int(
        page.evaluate(
            "document.querySelectorAll('foo, base, svg[onload], [onerror], [onmouseover], [onfocus],"
            ' meta[http-equiv=refresh], a[href^="javascript:"]\').length + (window.hostile ? 1 : 0)'
        )
    )


@pytest.mark.parametrize("width", [360, 1440])
def test_pages(browser: Browser, live_server: LiveServer, hostile: list[Work], reviewer: User, width: int) -> None:  # noqa: F811
    context = browser.new_context(viewport={"width": width, "height": 900}, locale="en-GB", base_url=live_server.url)
    wrong: list[str] = []
    visited = 0
    with watched(context, live_server.url) as (page, seen):

        def visit(address: str) -> None:
            nonlocal visited
            response = page.goto(address, wait_until="load")
            assert response is not None
            found = [*seen, *([f"{overflow(page)} px too wide"] if overflow(page) > 0 else [])]
            found += [f"{injected(page)} injected"] if injected(page) else []
            found += [f"answered {response.status}"] if response.status != 200 else []
            wrong.extend(f"{address}: {each[:200]}" for each in found)
            seen.clear()
            visited += 1

        sign_in(context, live_server, reviewer)
        for address in ("/", "/works/", "/works/?page=2", "/review/", "/review/?page=2", "/studio/", "/account/"):
            visit(address)
        chosen = [*(hostile[number] for number in EACH), hostile[-1]]
        for work in chosen:
            version = work.versions.get(number=1)
            visit(f"/works/{work.pk}/?version=1")
            visit(f"/works/{work.pk}/?version=3")
            visit(f"/review/{work.versions.get(number=2).case.pk}/")
            visit(f"/v/{version.pk}")
            visit(f"/audits/{version.audit_id}/report/")
            visit(f"/audits/{version.audit_id}/")
        for work in chosen[1::3]:  # as their owners, who see more
            sign_in(context, live_server, work.owner)
            job = Job.objects.get(owner=work.owner, status=Job.Status.FAILED)
            version = work.versions.get(number=1)
            for address in (
                *(f"/studio/?job={job.pk}", f"/studio/?again={work.job_id}", f"/works/{work.pk}/title/", "/account/"),
                *(f"/works/{work.pk}/?version=4", f"/versions/{version.pk}/reveals/"),
                f"/versions/{version.pk}/export/",
                "/audits/",
            ):
                visit(address)
    context.close()
    assert not wrong, "\n".join(wrong)
    assert visited == 7 + 6 * 8 + 8 * 3


@pytest.mark.parametrize("width", [360, 1440])
def test_the_verify_page(
    browser: Browser,  # noqa: F811
    live_server: LiveServer,
    signer: Path,  # noqa: F811
    tmp_path: Path,
    width: int,
) -> None:
    """Given files whose credential, notes and names are hostile, then the page shows them as text."""
    context = browser.new_context(viewport={"width": width, "height": 900}, locale="en-GB", base_url=live_server.url)
    wrong: list[str] = []
    with watched(context, live_server.url) as (page, seen):
        page.goto("/verify/")
        chosen = STRINGS if width < 1000 else [STRINGS[number] for number in EACH]
        for number, text in enumerate(chosen):
            cache.clear()  # the throttle would have us wait
            name = "".join(c for c in text[:60] if c.isprintable() and c not in "/\\") or "x"
            page.locator("input[type=file]").set_input_files(
                {"name": f"{number} {name}.png", "mimeType": "image/png", "buffer": _file(text).data}
            )
            page.locator("#verdict .file-name").filter(has_text=f"{number} ").wait_for(timeout=20_000)
            for details in page.locator("#verdict details").all():
                details.evaluate("it => { it.open = true }")
            found = [*seen, *([f"{overflow(page)} px too wide"] if overflow(page) > 0 else [])]
            found += [f"{injected(page)} injected"] if injected(page) else []
            wrong.extend(f"{text[:40]!r}: {each[:200]}" for each in found)
            seen.clear()
            page.goto("/verify/")
    context.close()
    assert not wrong, "\n".join(wrong)


def _file(text: str) -> Signed:
    from dataclasses import replace

    note, out = PngInfo(), io.BytesIO()
    note.add_itxt("parameters", f"{text}\nNegative prompt: {text}\nSteps: 20, Sampler: {text[:50]}, Seed: 1")
    note.add_itxt("Comment", text)
    Image.new("RGB", (8, 8)).save(out, "PNG", pnginfo=note)
    story = make_story(title=text)
    assert story.generation is not None
    told = replace(story.generation, prompt=text, negative_prompt=text, scheduler=text[:100] or "x")
    return sign(out.getvalue(), media_type="image/png", story=replace(story, generation=told))


def test_the_admin(browser: Browser, live_server: LiveServer, hostile: list[Work], reviewer: User) -> None:  # noqa: F811
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB", base_url=live_server.url)
    sign_in(context, live_server, reviewer)
    wrong: list[str] = []
    visited = 0
    with watched(context, live_server.url) as (page, seen):
        for model in admin.site._registry:
            name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
            rows = list(model._base_manager.values_list("pk", flat=True)[: len(STRINGS)])
            addresses = [reverse(f"{name}_changelist")]
            with contextlib.suppress(NoReverseMatch):
                addresses += [reverse(f"{name}_change", args=[pk]) for pk in [*rows[:1], *rows[-1:]]]
            for address in addresses:
                response = page.goto(address, wait_until="domcontentloaded")
                assert response is not None
                # The admin's own scripts may warn; what counts is what a string could cause.
                found = [each for each in seen if each.startswith(("dialog", "request"))]
                found += ["hostile ran"] if page.evaluate("window.hostile") else []
                found += [f"{page.locator('foo').count()} injected"] if page.locator("foo").count() else []
                found += [f"answered {response.status}"] if response.status != 200 else []
                wrong.extend(f"{address}: {each[:200]}" for each in found)
                seen.clear()
                visited += 1
    context.close()
    assert not wrong, "\n".join(wrong)
    assert visited > 30


def test_programs_get_plain_json(hostile: list[Work], reviewer: User, api: APIClient) -> None:
    """Given any list of the API, then it is JSON that no browser takes for a page, with every string as it is."""
    client = Client()
    client.force_login(reviewer)
    told = ""
    for name in ("works", "versions", "jobs", "outputs", "models", "credentials", "cases", "artists", "references"):
        address: str | None = f"/api/v1/{name}/"
        while address:
            response = client.get(address)
            assert response.status_code == 200, address
            assert response["Content-Type"] == "application/json"
            assert response["X-Content-Type-Options"] == "nosniff"
            body = json.loads(response.content)
            told += json.dumps(body, ensure_ascii=False)
            address = body["next"]
    for text in STRINGS:
        assert json.dumps(text[:40], ensure_ascii=False)[1:-1] in told, text[:40]
