"""The main job as a person does it: a real browser, a real service, its own worker."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.e2e.service import Service

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
BUNDLED = (settings.BUNDLED_GENERATOR / "model_index.json", settings.CATALOGUE)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.timeout(900),  # loading the catalogue and both models takes minutes on a busy machine
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not on this machine"),
    pytest.mark.skipif(not all(path.exists() for path in BUNDLED), reason="the bundled models are not here"),
]

# A renderer in a container has neither a GPU nor a sandbox, and asks nothing of the network.
QUIET = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    running = Service(tmp_path_factory.mktemp("service"), {"COLOPHON_PROVIDER_CODE": "0019X"})
    running.manage("prepare")
    user = "from django.contrib.auth.models import User; User.objects.create_user('ada', password='correct horse')"
    running.manage("shell", "--no-imports", "-c", user)
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser, service: Service) -> Iterator[Page]:
    """A fresh visitor; anything the browser complains about fails the test."""
    expect.set_options(timeout=30_000)
    context = browser.new_context(locale="en-GB", base_url=service.url, reduced_motion="reduce")
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: complaints.append(line.text) if line.type in ("error", "warning") else None)
    yield page
    context.close()
    assert complaints == []


def sign_in(page: Page) -> None:
    page.goto("/sign-in/")
    page.get_by_label("Username").fill("ada")
    page.get_by_label("Password").fill("correct horse")
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(re.compile("/studio/$"))


def test_from_a_prompt_to_a_verified_picture(page: Page, tmp_path: Path) -> None:
    """Given a signed-in person, when they ask for a picture, then they can follow, keep and verify it."""
    sign_in(page)
    page.get_by_label("Prompt", exact=True).fill("a harbour at sunset")
    page.get_by_label("Seed").fill("7")
    page.get_by_role("button", name="Make it").click()

    expect(page.get_by_role("progressbar")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/studio/\?job="))
    expect(page.locator("#job")).to_contain_text(re.compile(r"Rendering: step \d+ of \d+"), timeout=120_000)
    expect(page.get_by_label("Prompt", exact=True)).to_have_value("a harbour at sunset")
    page.get_by_role("link", name="Open the work").click(timeout=240_000)

    expect(page.get_by_role("heading", level=1)).to_have_text("a harbour at sunset")
    picture = page.get_by_role("img", name="Generated picture: a harbour at sunset")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.complete && image.naturalWidth > 0")
    expect(page.get_by_text("by colophon-mini, with seed 7,")).to_be_visible()
    expect(page.locator(".comparison .finding")).to_contain_text("Compared with")
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Download the signed picture").click()
    download = downloading.value
    assert download.suggested_filename == "a-harbour-at-sunset-1.png"
    file = tmp_path / download.suggested_filename
    download.save_as(file)

    page.get_by_role("link", name="Report of this comparison").click()
    page.get_by_role("button", name="Make the report").click()
    expect(page.get_by_role("heading", name="What it does not mean")).to_be_visible(timeout=120_000)
    expect(page.get_by_role("img", name="Which part counts")).to_be_visible()
    fits(page)
    with page.expect_download() as downloading:
        page.get_by_role("link", name="PDF to print").click()
    assert downloading.value.suggested_filename.endswith("-en.pdf")

    page.get_by_role("link", name="Verify").click()
    drop(page, file)
    verdict = page.locator("#verdict")
    expect(verdict).to_contain_text(re.compile(r"made with AI .*by this service", re.IGNORECASE))
    expect(verdict.get_by_role("heading", name="Signed", exact=True)).to_be_visible()
    expect(verdict.get_by_role("heading", name="Unsigned", exact=True)).to_be_visible()

    changed = bytearray(file.read_bytes())
    changed[-40] ^= 1
    file.write_bytes(changed)
    drop(page, file)
    expect(verdict).to_contain_text("The file was changed after it was signed")


def drop(page: Page, file: Path) -> None:
    """What a browser does when a file is dragged in and let go."""
    transfer = page.evaluate_handle(
        """([name, bytes]) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([new Uint8Array(bytes)], name, {type: "image/png"}));
            return transfer;
        }""",
        [file.name, list(file.read_bytes())],
    )
    page.locator(".drop").dispatch_event("drop", {"dataTransfer": transfer})


def test_from_a_picture_through_edits_and_an_export_to_its_record(page: Page, tmp_path: Path) -> None:
    """Given a person with a picture, when they crop it, paint on it, have a corner redrawn, export it for China and
    lose its metadata, then every page tells what happened, and the stripped file finds its record again."""
    sign_in(page)
    page.get_by_label("Prompt", exact=True).fill("a walled garden")
    page.get_by_label("Seed").fill("11")
    page.get_by_text("More settings").click()
    page.get_by_label("Steps", exact=True).fill("6")
    page.get_by_role("button", name="Make it").click()
    page.get_by_role("link", name="Open the work").click(timeout=240_000)
    expect(page.get_by_role("region", name="Whose hand")).to_contain_text("made by a model")
    page.get_by_role("button", name="Edit", exact=True).click()

    tool = page.locator(".tool:visible")
    steps = page.get_by_role("region", name="Steps").get_by_role("listitem")
    expect(page.get_by_role("application", name="Picture")).to_be_visible()
    tool.get_by_label("Width").fill("224")
    tool.get_by_label("Height").fill("208")
    tool.get_by_role("button", name="Crop").click()
    expect(steps).to_have_text([re.compile(r"Cropped to 224 × 208 pixels from 0, 0\..*by hand", re.DOTALL)])

    choose(page, "Brush")
    draw(page, (0.2, 0.2), (0.5, 0.25), (0.45, 0.5))
    expect(page.locator("#saving")).to_have_text("Not saved yet")
    expect(steps).to_have_count(2)  # by itself, when the pen has rested
    expect(page.locator("#saving")).to_have_text("Saved")
    page.keyboard.press("Control+z")
    expect(page.locator(".steps-done .undone")).to_have_count(1)
    page.keyboard.press("Control+Shift+z")
    expect(page.locator(".steps-done .undone")).to_have_count(0)
    fits(page)

    choose(page, "Redraw a part")
    draw(page, (0.9, 0.9), (0.98, 0.98))
    tool.get_by_label("What should be there").fill("a fountain")
    tool.get_by_text("More settings").click()
    tool.get_by_label("Steps", exact=True).fill("4")
    tool.get_by_role("button", name="Redraw this part").click()
    expect(page.get_by_role("region", name="A model is at work")).to_be_visible()
    expect(page.get_by_role("region", name="A model is at work")).to_have_count(0, timeout=120_000)
    expect(steps.nth(2)).to_contain_text(re.compile(r"A model redrew a part of the picture\..*AI", re.DOTALL))
    page.get_by_role("link", name="Finish…").click()

    expect(page.get_by_role("list", name="What the credential will say").get_by_role("listitem")).to_have_count(3)
    fits(page)
    page.get_by_role("button", name="Make the new version").click()
    expect(page).to_have_url(re.compile(r"\?version=2$"))
    expect(page.get_by_role("link", name="Download the signed picture")).to_be_visible(timeout=120_000)
    expect(page.get_by_text("Edited here from version 1")).to_be_visible()
    hands = page.get_by_role("region", name="Whose hand")
    for kind in ("made by a model", "redrawn by a model", "changed by a person, here"):
        expect(hands.get_by_role("listitem").filter(has_text=kind)).to_contain_text(re.compile(r"\d+\.\d %"))
    page.get_by_label("Show whose hand each part is").check()
    overlay = page.get_by_role("img", name="The map of whose hand each part shows")
    expect(overlay).to_be_visible()
    expect(page.get_by_role("region", name="Lineage").get_by_role("link", name="Version 1")).to_be_visible()
    fits(page)

    page.get_by_text("Make a signed file for one place").click()
    page.get_by_label("Made for").select_option("china")
    expect(page.locator(".preflight")).to_contain_text("AI生成")
    page.get_by_role("button", name="Make the file").click()
    expect(page.get_by_text("The file is ready.")).to_be_visible()
    fits(page)
    with page.expect_download() as downloading:
        page.locator(".exports").get_by_role("link").first.click()
    stripped = tmp_path / "stripped.png"
    with Image.open(downloading.value.path()) as picture:
        Image.frombytes(picture.mode, picture.size, picture.tobytes()).save(stripped)

    page.get_by_role("link", name="Verify").click()
    drop(page, stripped)
    verdict = page.locator("#verdict")
    expect(verdict).to_contain_text("No credential was found")
    expect(verdict.get_by_role("heading", name="Recovered")).to_be_visible()
    expect(verdict.get_by_role("link", name="a walled garden")).to_be_visible()
    fits(page)


def choose(page: Page, tool: str) -> None:
    page.get_by_role("navigation", name="Tools").get_by_role("link", name=tool, exact=True).click()


def draw(page: Page, *places: tuple[float, float]) -> None:
    """With the pointer, through *places* given as shares of the picture's width and height."""
    box = page.locator("#sheet").bounding_box()
    assert box is not None
    points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in places]
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*point, steps=5)
    page.mouse.up()


def fits(page: Page) -> None:
    """Nothing reaches beyond the screen, a narrow one or this one."""
    for width in (360, 1280):
        page.set_viewport_size({"width": width, "height": 720})
        wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert (width, wider) == (width, 0)


def test_a_work_is_renamed_in_place(page: Page) -> None:
    """Given a work's page, when its title is changed, then it is kept; and Cancel leaves it as it was."""
    sign_in(page)
    page.goto("/works/")
    page.get_by_role("main").get_by_role("listitem").first.get_by_role("link").click()
    heading = page.get_by_role("heading", level=1)
    before = heading.inner_text()

    page.get_by_role("link", name="Rename").click()
    expect(page.get_by_label("title")).to_be_focused()
    page.get_by_label("title").fill("never mind")
    page.get_by_role("link", name="Cancel").click()
    expect(heading).to_have_text(before)
    page.get_by_role("link", name="Rename").click()
    page.get_by_label("title").fill("Harbour, evening")
    page.get_by_role("button", name="Keep this title").click()

    expect(heading).to_have_text("Harbour, evening")


def test_a_job_is_cancelled_from_the_page(page: Page) -> None:
    """Given a long job, when Cancel is pressed while it renders, then it stops and can be asked for again."""
    sign_in(page)
    page.get_by_label("Prompt", exact=True).fill("a very slow picture")
    page.get_by_text("More settings").click()
    page.get_by_label("Steps", exact=True).fill("150")
    page.get_by_role("button", name="Make it").click()
    expect(page.locator("#job")).to_contain_text(re.compile(r"Rendering: step \d+ of 150"), timeout=120_000)

    page.get_by_role("button", name="Cancel").click()

    expect(page.locator("#job")).to_contain_text("Cancelled. Nothing was kept.", timeout=60_000)
    page.get_by_role("link", name="Try again with these settings").click()
    expect(page.get_by_label("Steps", exact=True)).to_have_value("150")


def test_the_keyboard_is_enough(page: Page) -> None:
    """The first key press offers the way past the menu; every stop on the way can be seen."""
    page.goto("/")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    for _ in range(5):
        page.keyboard.press("Tab")
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none", page.evaluate("document.activeElement.outerHTML")
    page.goto("/#main")
    expect(page.get_by_role("main")).to_be_visible()


def test_a_pasted_picture_is_read(page: Page) -> None:
    page.goto("/")
    page.evaluate(
        """async () => {
            const canvas = document.createElement("canvas");
            canvas.width = canvas.height = 32;
            canvas.getContext("2d").fillRect(0, 0, 20, 20);
            const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
            const data = new DataTransfer();
            data.items.add(new File([blob], "pasted.png", {type: "image/png"}));
            document.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data}));
        }"""
    )

    expect(page.locator("#verdict")).to_contain_text("No credential was found")


@pytest.mark.parametrize("width", [360, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_is_wider_than_the_screen(browser: Browser, service: Service, width: int, scheme: str) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme=scheme,  # type: ignore[arg-type]
        base_url=service.url,
        locale="en-GB",
    )
    page = context.new_page()
    sign_in(page)
    for address in ("/", "/verify/", "/audits/", "/studio/", "/works/", "/account/", "/account/password/", "/nowhere"):
        page.goto(address)
        wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert (address, wider) == (address, 0)
    context.close()


def test_without_scripts_everything_still_works(browser: Browser, service: Service) -> None:
    """Given a browser that runs no scripts, then verifying, asking and following still work by plain forms."""
    context = browser.new_context(java_script_enabled=False, base_url=service.url, locale="en-GB")
    page = context.new_page()
    page.goto("/verify/")
    page.get_by_label("Drop a picture here").set_input_files(
        {"name": "note.txt", "mimeType": "text/plain", "buffer": b"hello"}
    )
    page.get_by_role("button", name="Read this picture").click()
    expect(page.get_by_role("alert").filter(has_text="not a picture")).to_be_visible()

    sign_in(page)
    page.get_by_label("Prompt", exact=True).fill("trees in winter")
    page.get_by_role("button", name="Make it").click()
    expect(page).to_have_url(re.compile(r"/studio/\?job="))
    expect(page.locator("#job")).to_contain_text("trees in winter")
    context.close()
