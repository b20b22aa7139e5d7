"""The editor: whose it is, how a step is taken with and without scripts, and what a stale window is told."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from generation.models import Job
from provenance.web.tools import TOOLS
from provenance.works.editing.commit import commit
from provenance.works.editing.models import Edit, Sitting
from provenance.works.editing.sittings import begin, undo
from provenance.works.editing.steps import take_step
from provenance.works.models import Version
from tests import factories
from tests.provenance.web.html import Page
from tests.provenance.web.test_pages import CHINESE, NEVER_SHOWN

ENGLISH = {"Accept-Language": "en"}
BY_SCRIPT = {**ENGLISH, "X-Editor": "1"}
STROKE = {"strokes": "5,5 20,20", "size": "6", "hardness": "0.8", "opacity": "1", "colour": "#112233", "layer": "paint"}

Post = Callable[..., Page]


@pytest.fixture
def version(creator: User) -> Version:
    return factories.make_version(work=factories.make_work(owner=creator))


@pytest.fixture
def sitting(version: Version, creator: User) -> Sitting:
    return begin(parent=version, owner=creator)[0]


@pytest.fixture
def signed_in(client: Client, creator: User) -> Client:
    client.force_login(creator)
    return client


@pytest.fixture
def post(signed_in: Client, sitting: Sitting) -> Post:
    """POST to the sitting as the page's script does, on its present revision."""

    def send(verb: str, *, expect: int = 200, **fields: str) -> Page:
        sitting.refresh_from_db()
        fields.setdefault("revision", str(sitting.revision))
        address = reverse(f"web:sitting-{verb}", args=[sitting.pk])
        response = signed_in.post(address, fields, headers=BY_SCRIPT)
        assert response.status_code == expect, response.content.decode()
        return Page(response.content.decode())

    return send


def test_editing_begins_once_and_is_taken_up_again(signed_in: Client, version: Version) -> None:
    """Given a published version, when Edit is pressed twice, then there is one sitting, and the page shows it."""
    address = reverse("web:edit", args=[version.pk])
    before = signed_in.get(address, headers=ENGLISH)
    first, second = (signed_in.post(address) for _ in range(2))

    assert "Begin" in before.content.decode()
    assert (first.status_code, first["Location"], second["Location"]) == (302, address, address)
    assert Sitting.objects.count() == 1
    page = Page(signed_in.get(address, headers=ENGLISH).content.decode())
    assert page.problems == []
    assert {f"tool-{name}" for name in TOOLS} <= page.ids
    work = signed_in.get(reverse("web:work", args=[version.work_id]), headers=ENGLISH).content.decode()
    assert "Go on editing" in work


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("tool", ["", *TOOLS])
def test_every_tool_is_laid_out_for_everybody(signed_in: Client, sitting: Sitting, tool: str, language: str) -> None:
    """Given any tool, when it is asked for by its link, then it alone is open, and everything has a name."""
    response = signed_in.get(
        reverse("web:edit", args=[sitting.parent_id]), {"tool": tool}, headers={"Accept-Language": language}
    )

    page = Page(response.content.decode())
    assert page.problems == []
    assert page.unlabelled() == []
    assert len(page.all("h1")) == 1
    assert not [word for word in NEVER_SHOWN if word in page.text.lower()]
    shown = [it["id"] for it in page.all("section") if it.get("class") == "tool" and "hidden" not in it]
    assert shown == [f"tool-{tool or 'crop'}"]
    assert "unsafe" not in response["Content-Security-Policy"]


@pytest.mark.parametrize("verb", ["", "-step", "-undo", "-redo", "-seen", "-picture", "-finish", "-abandon"])
def test_nobody_else_learns_that_a_sitting_exists(
    client: Client, sitting: Sitting, stranger: User, reviewer: User, verb: str
) -> None:
    """Given somebody's sitting, when others ask, reviewers included, then there is nothing there, and nothing done."""
    address = reverse(f"web:sitting{verb}", args=[sitting.pk])
    for other in (stranger, reviewer):
        client.force_login(other)
        method = client.post if verb in ("-step", "-undo", "-redo", "-seen", "-finish", "-abandon") else client.get
        assert method(address, {"revision": "0", "tool": "turn", "quick": "left"}).status_code == 404
    sitting.refresh_from_db()
    assert (sitting.revision, sitting.status, Edit.objects.count()) == (0, "open", 0)


def test_nobody_else_opens_the_editor(client: Client, version: Version, stranger: User, reviewer: User) -> None:
    for other in (stranger, reviewer):
        client.force_login(other)
        for name in ("web:edit", "web:declare"):
            assert client.get(reverse(name, args=[version.pk])).status_code == 404
            assert client.post(reverse(name, args=[version.pk])).status_code == 404
    assert Sitting.objects.count() == 0
    client.logout()
    assert client.get(reverse("web:edit", args=[version.pk]))["Location"].startswith(reverse("web:sign-in"))


def test_only_published_versions_are_edited(signed_in: Client, creator: User) -> None:
    held = factories.make_version(work=factories.make_work(owner=creator), status=Version.Status.HELD)

    response = signed_in.post(reverse("web:edit", args=[held.pk]), headers=ENGLISH)

    assert response.status_code == 400
    assert "Only a published version can be edited." in response.content.decode()
    assert Sitting.objects.count() == 0


@pytest.mark.parametrize(
    ("tool", "fields", "operation", "kept"),
    [
        ("crop", {"x": "4", "y": "2", "width": "40", "height": "30"}, "crop", {"x": 4, "width": 40}),
        ("turn", {"quick": "left"}, "rotate", {"angle": -90.0}),
        ("turn", {"quick": "mirror"}, "flip", {"axis": "horizontal"}),
        ("turn", {"quick": "", "angle": "12.5", "fill": "#ff0000"}, "rotate", {"angle": 12.5, "expand": False}),
        ("straighten", {"angle": "-3"}, "straighten", {"angle": -3.0}),
        (
            "adjust",
            {"exposure": "0.5", "contrast": "0", "saturation": "-20", "temperature": "0"},
            "adjust",
            {"exposure": 0.5, "saturation": -20.0},
        ),
        (
            "curves",
            {"rgb": "0,0 128,150 255,255", "red": "", "green": "", "blue": ""},
            "curves",
            {"rgb": [[0, 0], [128, 150], [255, 255]], "red": []},
        ),
        ("brush", STROKE, "brush", {"strokes": [[[5.0, 5.0], [20.0, 20.0]]], "colour": "#112233", "layer": "paint"}),
        (
            "text",
            {"text": "Evening", "x": "3", "y": "-2", "size": "12", "weight": "400", "colour": "#000000"}
            | {"opacity": "1", "layer": "text"},
            "text",
            {"text": "Evening", "y": -2.0},
        ),
        (
            "clone",
            {"strokes": "30,30", "size": "8", "hardness": "1", "opacity": "1", "dx": "-10", "dy": "3"},
            "clone",
            {"dx": -10, "dy": 3},
        ),
        (
            "heal",
            {"strokes": "30,30", "size": "8", "hardness": "1", "opacity": "1", "dx": "-10", "dy": "3"},
            "heal",
            {"dx": -10, "dy": 3},
        ),
    ],
)
def test_what_is_typed_is_a_step(
    post: Post, sitting: Sitting, tool: str, fields: dict[str, str], operation: str, kept: dict[str, object]
) -> None:
    """Given a tool's form, when numbers are typed instead of drawn, then the step is the same operation."""
    page = post("step", tool=tool, **fields)

    edit = Edit.objects.get(sitting=sitting)
    assert edit.operation == operation
    assert {name: edit.parameters[name] for name in kept} == kept
    assert page.ids >= {"sitting", "bar", "undo", "redo"}
    assert "by hand" in page.text


def test_the_size_follows_the_crop(post: Post) -> None:
    page = post("step", tool="crop", x="0", y="0", width="40", height="30")

    now = next(it for it in page.all("div") if it.get("id") == "sitting")
    assert (now["data-width"], now["data-height"], now["data-revision"]) == ("40", "30", "1")


@pytest.mark.parametrize(
    ("fields", "sentence", "field"),
    [
        ({"tool": "brush", **STROKE, "strokes": ""}, "Nothing is drawn yet", "strokes"),
        ({"tool": "brush", **STROKE, "strokes": "5;5"}, "“5;5” is not a point.", "strokes"),
        ({"tool": "brush", **STROKE, "size": "x"}, "Enter a number.", "size"),
        ({"tool": "brush", **STROKE, "strokes": "nan,1"}, "“nan,1” is not a point.", "strokes"),
        ({"tool": "eraser", **STROKE, "layer": "none"}, "There is no layer “none” here.", "layer"),
        ({"tool": "crop", "x": "60", "y": "0", "width": "40", "height": "30"}, "reaches beyond the picture", "width"),
        ({"tool": "straighten", "angle": "0"}, "At 0° nothing would change", "angle"),
        ({"tool": "turn", "quick": "sideways"}, "There is no such turn.", ""),
        ({"tool": "turn", "quick": ""}, "Choose an angle, or one of the buttons.", ""),
        ({"tool": "curves", "rgb": "9,0 5,1"}, "must have rising inputs", "rgb"),
        ({"tool": "curves", "rgb": "0,0 " + "9" * 400 + ",1"}, "is not a point", "rgb"),
        ({"tool": "clone", **STROKE, "dx": "0", "dy": "0"}, "Choose where to take from", ""),
        ({"tool": "inpaint", "prompt": " ", "mask": "1,1"}, "This field is required.", "mask_size"),
        ({"layer": "paint", "opacity": "50"}, "There is no layer “paint” here.", "layer"),
        ({"tool": "nonsense"}, "This field is required.", "layer"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(
    post: Post, sitting: Sitting, fields: dict[str, str], sentence: str, field: str
) -> None:
    """Given a form that cannot be a step, when it is sent, then a sentence says why, and nothing is kept."""
    page = post(
        "step", expect=400 if "layer “" in sentence or "beyond" in sentence or "rising" in sentence else 422, **fields
    )

    assert sentence in page.text
    assert page.all("div")[0]["data-field"] == field
    sitting.refresh_from_db()
    assert (sitting.revision, Edit.objects.count()) == (0, 0)


def test_undo_and_redo(post: Post, sitting: Sitting) -> None:
    post("step", tool="turn", quick="left")
    undone = post("undo")
    redone = post("redo")

    assert "(taken back)" in " ".join(undone.text.split()).replace("( ", "(").replace(" )", ")")
    assert "taken back" not in redone.text
    refused = post("redo", expect=409)
    assert "There is no step to bring back." in refused.text
    assert Edit.objects.get().undone is False


def test_a_stale_window_is_told_and_offered_the_present_state(post: Post, sitting: Sitting) -> None:
    """Given two windows on one sitting, when the older one goes on, then nothing is lost and it can load again."""
    post("step", tool="turn", quick="left")

    page = post("step", expect=409, tool="turn", quick="right", revision="0")

    assert page.all("div")[0]["data-code"] == "stale_revision"
    assert [link["href"] for link in page.all("a")] == [reverse("web:edit", args=[sitting.parent_id])]
    assert Edit.objects.count() == 1


def test_the_same_step_sent_again_is_taken_once(post: Post) -> None:
    """Given an answer that was lost on the way, when the page sends the step again, then it counts once."""
    fields = {"tool": "turn", "quick": "left", "key": "k1", "revision": "0"}
    post("step", **fields)
    post("step", **fields)

    assert Edit.objects.count() == 1


def test_layers_are_shown_and_hidden(post: Post) -> None:
    shown = post("step", tool="brush", **STROKE)
    hidden = post("step", layer="paint", opacity="40")

    assert "checked" in next(it for it in shown.all("input") if it.get("name") == "visible")
    box = next(it for it in hidden.all("input") if it.get("name") == "visible")
    assert "checked" not in box
    assert next(it for it in hidden.all("input") if it.get("name") == "opacity")["value"] == "40"
    assert "Hid the layer “paint”." in hidden.text


def test_a_model_at_work_is_followed_and_stopped(post: Post, signed_in: Client, sitting: Sitting) -> None:
    """Given a step of a model, when the page asks, then it is told once per change; Cancel takes the step back."""
    page = post("step", tool="inpaint", prompt="a boat", mask="30,30", mask_size="20", mask_hardness="1", strength="1")
    job = Job.objects.get(edit__sitting=sitting)
    now = next(it for it in page.all("div") if it.get("id") == "sitting")
    address = reverse("web:sitting", args=[sitting.pk])

    assert "data-pending" in now
    assert "Waiting for its turn…" in page.text
    assert signed_in.get(address, {"seen": str(now["data-seen"])}, headers=BY_SCRIPT).status_code == 204
    Job.objects.filter(pk=job.pk).update(status=Job.Status.RUNNING, step=3)
    running = signed_in.get(address, {"seen": str(now["data-seen"])}, headers=BY_SCRIPT).content.decode()
    assert re.search(r"Step 3 of \d+", running)
    busy = post("step", expect=409, tool="turn", quick="left")
    assert "A model still works on the last step." in busy.text

    Job.objects.filter(pk=job.pk).update(status=Job.Status.QUEUED)
    stopped = post("undo")

    assert "data-pending" not in next(it for it in stopped.all("div") if it.get("id") == "sitting")
    job.refresh_from_db()
    assert job.status == Job.Status.CANCELLED


def test_too_many_jobs_wait(post: Post, sitting: Sitting, monkeypatch: pytest.MonkeyPatch) -> None:
    """Given somebody at the limit, when they ask a model, then they are told to wait; painting goes on."""
    monkeypatch.setattr("provenance.web.views.editor.seconds_to_wait", lambda request, scope: 7)

    page = post("step", expect=429, tool="variation", prompt="", strength="0.4")
    post("step", tool="turn", quick="left")

    assert "wait a minute" in page.text
    assert [edit.operation for edit in Edit.objects.all()] == ["rotate"]


def test_somebody_at_work_is_seen(post: Post, signed_in: Client, sitting: Sitting) -> None:
    """Given a minute without a step, when the page says that somebody moved, then the minute counts as work."""
    Sitting.objects.filter(pk=sitting.pk).update(seen_at=sitting.seen_at - timedelta(minutes=1))

    assert signed_in.post(reverse("web:sitting-seen", args=[sitting.pk])).status_code == 204

    sitting.refresh_from_db()
    assert 60 <= sitting.active.total_seconds() < 90
    assert sitting.revision == 0


def test_a_model_that_fails_says_why(post: Post, signed_in: Client, sitting: Sitting) -> None:
    post("step", tool="variation", prompt="", strength="0.4")
    Job.objects.filter(edit__sitting=sitting).update(
        status=Job.Status.FAILED, error_code="out_of_memory", error="The picture is too large for this machine."
    )

    page = signed_in.get(reverse("web:edit", args=[sitting.parent_id]), headers=ENGLISH).content.decode()

    assert "The model could not do it, and nothing was changed. The picture is too large" in " ".join(page.split())
    assert Edit.objects.get().undone is True


def test_without_scripts_a_step_leads_back_to_the_page(signed_in: Client, sitting: Sitting) -> None:
    """Given a browser without scripts, when forms are sent, then each step is taken and errors keep what was typed."""
    address = reverse("web:sitting-step", args=[sitting.pk])
    taken = signed_in.post(address, {"tool": "turn", "quick": "half", "revision": "0", "key": "a"})
    wrong = signed_in.post(
        address, {"tool": "brush", **STROKE, "strokes": "5-5", "revision": "1", "key": "b"}, headers=ENGLISH
    )
    stale = signed_in.post(address, {"tool": "straighten", "angle": "2", "revision": "0", "key": "c"}, headers=ENGLISH)

    assert (taken.status_code, taken["Location"]) == (302, reverse("web:edit", args=[sitting.parent_id]) + "?tool=turn")
    page = Page(wrong.content.decode())
    assert wrong.status_code == 422
    assert "“5-5” is not a point." in page.text
    assert "5-5" in page.text.split("“5-5”")[0] + page.text.split("is not a point")[1]
    assert [it["id"] for it in page.all("section") if it.get("class") == "tool" and "hidden" not in it] == [
        "tool-brush"
    ]
    assert stale.status_code == 409
    assert "The sitting has changed since" in stale.content.decode()
    assert Edit.objects.count() == 1


def test_the_picture_is_what_is_seen_and_known_by_its_tag(post: Post, signed_in: Client, sitting: Sitting) -> None:
    address = reverse("web:sitting-picture", args=[sitting.pk])
    first = signed_in.get(address)
    again = signed_in.get(address, headers={"If-None-Match": first["ETag"]})
    post("step", tool="crop", x="0", y="0", width="40", height="30")
    cropped = signed_in.get(address, headers={"If-None-Match": first["ETag"]})

    assert (first.status_code, first["Content-Type"], first.content[:4]) == (200, "image/png", b"\x89PNG")
    assert again.status_code == 304
    assert (cropped.status_code, cropped.content[16:24]) == (200, b"\0\0\0\x28\0\0\0\x1e")


def test_finishing_lists_what_will_be_written_then_makes_the_version(
    post: Post, signed_in: Client, sitting: Sitting
) -> None:
    """Given steps, when the edit is finished, then what the credential will say stands there; then it is made once."""
    post("step", tool="brush", **STROKE)
    post("step", tool="turn", quick="left")
    address = reverse("web:sitting-finish", args=[sitting.pk])

    page = Page(signed_in.get(address, headers=ENGLISH).content.decode())
    assert page.problems == []
    assert page.unlabelled() == []
    assert "c2pa.drawing" in page.text
    assert "c2pa.orientation" in page.text
    assert page.text.count("by hand") == 2
    assert Version.objects.count() == 1

    stale = signed_in.post(address, {"revision": "1"}, headers=ENGLISH)
    assert stale.status_code == 409
    made = signed_in.post(address, {"revision": "2", "claimed_minutes": "90"})
    again = signed_in.post(address, {"revision": "2"})

    version = Version.objects.get(number=2)
    expected = f"{reverse('web:work', args=[version.work_id])}?version=2"
    assert (made.status_code, made["Location"], again["Location"]) == (302, expected, expected)
    assert list(version.parents.all()) == [sitting.parent]
    sitting.refresh_from_db()
    assert (sitting.claimed_minutes, sitting.status) == (90, "committed")


def test_an_edit_without_steps_makes_nothing(signed_in: Client, sitting: Sitting) -> None:
    address = reverse("web:sitting-finish", args=[sitting.pk])

    page = signed_in.get(address, headers=ENGLISH).content.decode()
    response = signed_in.post(address, {"revision": "0"}, headers=ENGLISH)

    assert "Nothing was changed, so there is no new version to make." in page
    assert response.status_code == 409
    assert Version.objects.count() == 1


def test_giving_up_is_asked_first(signed_in: Client, sitting: Sitting) -> None:
    address = reverse("web:sitting-abandon", args=[sitting.pk])

    asked = Page(signed_in.get(address, headers=ENGLISH).content.decode())
    sitting.refresh_from_db()
    assert asked.problems == []
    assert sitting.status == "open"

    response = signed_in.post(address, {"revision": "0"}, follow=True, headers=ENGLISH)
    sitting.refresh_from_db()
    assert sitting.status == "abandoned"
    assert "The edit was given up." in response.content.decode()


def test_a_version_tells_its_steps_lineage_and_time(client: Client, creator: User, version: Version) -> None:
    """Given an edited version, when its page is opened, then steps, parent and times are told."""
    sitting, _new = begin(parent=version, owner=creator)
    take_step(sitting=sitting, revision=0, operation="flip", parameters={"axis": "vertical"})
    sitting.refresh_from_db()
    take_step(sitting=sitting, revision=1, operation="flip", parameters={"axis": "horizontal"})
    sitting.refresh_from_db()
    undo(sitting, revision=2)
    made = commit(sitting, revision=3, claimed_minutes=90)
    Version.objects.filter(pk=made.pk).update(
        status=Version.Status.PUBLISHED,
        blob=version.blob,
        sha256="ee" * 32,
        picture=version.pixels_blob,
        published_at=version.published_at,
    )
    client.force_login(creator)

    child = Page(client.get(reverse("web:work", args=[made.work_id]) + "?version=2", headers=ENGLISH).content.decode())
    parent = Page(client.get(reverse("web:work", args=[made.work_id]) + "?version=1", headers=ENGLISH).content.decode())

    told = " ".join(child.text.split())
    assert child.problems == []
    assert child.unlabelled() == []
    assert "Edited here from version 1; finished on" in told
    assert "1 step, witnessed here" in told
    assert "Mirrored top to bottom." in told
    assert "Mirrored left to right." not in told
    assert "1 hour 30 minutes claimed" in told
    assert "observed" in told
    assert "Made from Version 1" in told
    assert "What was made from it Version 2" in " ".join(parent.text.split())


def test_shares_are_told_by_kind(client: Client, creator: User, version: Version) -> None:
    client.force_login(creator)

    page = Page(client.get(reverse("web:work", args=[version.work_id]), headers=ENGLISH).content.decode())
    picture = client.get(reverse("web:version-contribution", args=[version.pk]))

    assert "made by a model 100.0 %" in " ".join(page.text.split())
    assert (picture.status_code, picture["Content-Type"]) == (200, "image/png")
    assert [bar["width"] for bar in page.all("rect") if bar.get("height") == "6"] == ["100.0"]


def test_maps_are_for_those_who_may_see_the_version(client: Client, version: Version, stranger: User) -> None:
    client.force_login(stranger)

    for name in ("web:version-contribution", "web:version-changed"):
        assert client.get(reverse(name, args=[version.pk])).status_code == 404


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_the_pages_around_the_editor_are_sound(post: Post, signed_in: Client, sitting: Sitting, language: str) -> None:
    """Given a sitting with all there can be in it, when its pages are opened, then they are whole and translated."""
    post("step", tool="brush", **STROKE)
    post("step", tool="turn", quick="half")
    post("undo")
    post("step", tool="variation", prompt="", strength="0.4")
    other = factories.make_version(work=sitting.parent.work, number=2)
    for address in (
        reverse("web:edit", args=[sitting.parent_id]),
        reverse("web:edit", args=[other.pk]),
        reverse("web:declare", args=[other.pk]),
        reverse("web:sitting-finish", args=[sitting.pk]),
        reverse("web:sitting-abandon", args=[sitting.pk]),
    ):
        page = Page(signed_in.get(address, headers={"Accept-Language": language}).content.decode())
        assert page.problems == [], address
        assert page.unlabelled() == [], address
        if language == "en":
            assert CHINESE.search(page.text.replace("简体中文", "")) is None
