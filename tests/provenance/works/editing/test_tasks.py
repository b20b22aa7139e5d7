"""The doorbells: each stage rings the next, and the sweep rings for what was lost."""

from typing import Any

import pytest
from django.conf import settings as django_settings

from generation.models import Job
from generation.render import render_next
from provenance.works import tasks
from provenance.works.editing.commit import COMPOSE_TASK
from provenance.works.editing.model_steps import FINISHED_TASK
from provenance.works.editing.models import Edit, Sitting
from provenance.works.models import Version
from provenance.works.story_export import contents_of
from tests.provenance.works.editing.conftest import Call

pytestmark = pytest.mark.django_db


@pytest.fixture
def rung(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for task in (tasks.compose, tasks.audit, tasks.seal):

        def ring(*args: Any, task: Any = task, **options: Any) -> None:
            found.append((task.name.rpartition(".")[2], options.get("args", args)[0]))

        monkeypatch.setattr(task, "delay", ring)
        monkeypatch.setattr(task, "apply_async", ring)
    return found


def test_names_by_which_tasks_are_rung_are_those_of_tasks() -> None:
    assert tasks.compose.name == COMPOSE_TASK
    assert tasks.receive_step.name == FINISHED_TASK
    assert {COMPOSE_TASK, FINISHED_TASK} <= set(django_settings.CELERY_TASK_ROUTES)


def test_a_commit_rings_for_its_version_and_that_for_the_audit(
    sitting: dict[str, Any], call: Call, rung: list[tuple[str, str]], django_capture_on_commit_callbacks: Any
) -> None:
    now = call(sitting, "steps", expect=201, operation="flip", parameters={"axis": "vertical"})
    with django_capture_on_commit_callbacks(execute=True):
        version = call(now, "commit")["version"]
    assert rung == [("compose", version)]
    tasks.sweep()
    assert rung[1:] == [("compose", version)]
    tasks.compose(version)
    assert rung[2:] == [("audit", version)]
    tasks.compose(version)
    assert len(rung) == 3
    assert Version.objects.get(pk=version).status == "rendered"


def test_a_models_step_is_received_by_its_own_task_and_told_in_the_works_ledger(
    sitting: dict[str, Any], call: Call
) -> None:
    call(sitting, "steps", expect=201, operation="variation", parameters={})
    assert render_next() == 1
    job = Job.objects.get(edit__isnull=False)
    tasks.receive_step(str(job.pk))
    tasks.receive_step(str(job.pk))
    assert Edit.objects.get().output is not None
    told = contents_of(Sitting.objects.get().parent.work, for_owner=True)
    assert [event.kind for event in told.events if event.subject == str(job.pk)] == ["job.requested", "job.succeeded"]
