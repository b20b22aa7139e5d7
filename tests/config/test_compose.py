"""``docker/`` by what the Compose specification asks of it: Docker itself is not on every machine."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker/compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ("web", "gpu-worker", "cpu-worker", "beat")
# What the image or the file itself decides.
FIXED = {"COLOPHON_DATA_DIR", "COLOPHON_STATIC_ROOT"}
STAGES = re.findall(r"^FROM (\S+) AS (\S+)$", (ROOT / "docker/Dockerfile").read_text(), re.MULTILINE)


def _stage(name: str) -> str:
    """The Dockerfile's text of one stage."""
    parts = re.split(r"(?m)^(?=FROM )", (ROOT / "docker/Dockerfile").read_text())
    return next(part for part in parts if re.match(rf"FROM \S+ AS {name}\n", part))


def _told_settings() -> set[str]:
    told: set[str] = set()
    for line in (ROOT / "docs/reference/settings.md").read_text().splitlines():
        if line.startswith("| `"):
            names = re.findall(r"`([A-Z_]+)`", line.split("|")[1])
            told |= {names[0].rpartition("_")[0] + name if name.startswith("_") else name for name in names}
    return told


def test_the_services_are_those_that_are_documented() -> None:
    assert set(SERVICES) == {*OURS, "postgres", "redis"}
    assert set(COMPOSE) == {"name", "x-service", "services", "volumes"}


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_service_starts_after_what_it_needs_is_healthy(name: str) -> None:
    for needed, how in SERVICES[name].get("depends_on", {}).items():
        assert how == {"condition": "service_healthy"}
        assert _has_healthcheck(needed), needed


def _has_healthcheck(name: str) -> bool:
    service = SERVICES[name]
    target = service.get("build", {}).get("target")
    return "healthcheck" in service or (target is not None and "HEALTHCHECK" in _stage(target))


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_service_says_when_it_is_well_and_comes_back(name: str) -> None:
    service = SERVICES[name]
    assert _has_healthcheck(name)
    assert service["restart"] == "unless-stopped"
    check = service.get("healthcheck")
    if check:
        assert check["test"][0] in ("CMD", "CMD-SHELL")
        assert all(re.fullmatch(r"\d+s", check[key]) for key in ("interval", "timeout"))


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_volumes_are_declared(name: str) -> None:
    for volume in SERVICES[name].get("volumes", []):
        source, target = re.fullmatch(r"(.+?):(/[^:]*)(?::ro)?", volume).groups()  # type: ignore[union-attr]
        default = re.fullmatch(r"\$\{\w+:-(\w+)\}", source)
        assert (default[1] if default else source) in COMPOSE["volumes"]
        assert target.startswith("/")


def test_every_build_is_a_stage_of_the_dockerfile_and_every_image_is_built_or_public() -> None:
    built = {service["image"]: service["build"]["target"] for service in SERVICES.values() if service.get("build")}
    assert set(built.values()) == {"web", "gpu-worker"} <= {name for _from, name in STAGES}
    for name in OURS:
        service = SERVICES[name]
        assert service["image"] in built
        # One that builds nothing must not look for the image elsewhere.
        assert service["pull_policy"] == ("build" if service.get("build") else "never")
        if build := service.get("build"):
            assert (ROOT / "docker" / build["context"]).resolve() == ROOT
            assert (ROOT / build["dockerfile"]).is_file()


def test_nothing_of_ours_runs_as_root() -> None:
    assert re.search(r"(?m)^USER colophon$", _stage("base"))
    for stage in ("web", "gpu-worker"):
        assert _stage(stage).startswith("FROM base ")
        assert "USER" not in _stage(stage)
    assert not any("user" in SERVICES[name] or "privileged" in SERVICES[name] for name in OURS)
    # Volumes take over the owner of the folder they are mounted on.
    owned = re.search(r"install -d -o colophon -g colophon (.*)$", _stage("base"), re.MULTILINE)
    mounted = {volume.split(":/")[1].split(":")[0] for name in OURS for volume in SERVICES[name]["volumes"]}
    assert owned is not None
    assert {f"/{folder}" for folder in mounted} <= set(owned[1].split())


@pytest.mark.parametrize("name", OURS)
def test_every_setting_of_the_reference_can_be_set(name: str) -> None:
    environment = SERVICES[name]["environment"]
    assert _told_settings() - FIXED == set(environment) - {"HF_HOME", "PREPARE"}
    # A name without a value passes on what is set and nothing else: an empty text would not be a number.
    assert all(value is None or value for value in environment.values())


def test_one_service_prepares_and_secrets_have_no_default() -> None:
    assert [name for name in OURS if SERVICES[name]["environment"].get("PREPARE")] == ["web"]
    text = (ROOT / "docker/compose.yaml").read_text()
    for secret in ("POSTGRES_PASSWORD", "SECRET_KEY"):
        assert set(re.findall(rf"\$\{{{secret}([^}}]*)\}}", text)) == {f":?set {secret}"}


def test_queues_of_the_workers_are_all_queues() -> None:
    commands = [str(SERVICES["cpu-worker"]["command"]), _stage("gpu-worker")]
    served = {
        queue for text in commands for queues in re.findall(r"-Q['\", ]+([a-z,]+)", text) for queue in queues.split(",")
    }
    assert served == {queue.name for queue in settings.CELERY_TASK_QUEUES}


def test_secrets_do_not_get_into_the_image() -> None:
    """Given that the image copies the whole folder, what holds passwords and keys is left out."""
    assert "COPY --chown=root:root . ." in _stage("base")
    left_out = (ROOT / ".dockerignore").read_text().splitlines()
    assert {".env", "**/.env", "var", ".git"} <= set(left_out)
