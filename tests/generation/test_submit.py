"""Requests: what is accepted, what is filled in, what is refused with nothing stored."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from generation.errors import GenerationError
from generation.models import Job
from generation.submit import submit


def test_a_job_waits_with_everything_decided(creator: User, settings: Settings) -> None:
    job, created = submit(
        owner=creator,
        prompt=" a\nharbour ",
        negative_prompt="fog",
        seed="007",
        width=128,
        height=64,
        steps=5,
        guidance=3,
    )

    job.refresh_from_db()
    assert created
    assert (job.status, job.owner, job.model) == ("queued", creator, settings.MODELS[0])
    assert (job.prompt, job.negative_prompt, job.seed) == ("a harbour", "fog", "7")
    assert (job.width, job.height, job.steps, job.guidance, job.count) == (128, 64, 5, 3.0, 1)
    assert job.on_finish == settings.JOB_FINISHED_TASK
    assert (job.idempotency_key, job.attempts, job.lease_owner, job.cancel_requested) == (None, 0, "", False)


def test_the_model_says_what_is_not_asked_for(creator: User, settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "passport.json").write_text('{"default_steps": 6, "default_guidance": 2.5, "native_size": 256}')
    settings.MODELS = ["house"]
    settings.MODEL_ALIASES = {"house": str(tmp_path)}

    job, _created = submit(owner=creator, prompt="a harbour", height=128)

    assert (job.model, job.width, job.height, job.steps, job.guidance) == ("house", 256, 128, 6, 2.5)


def test_a_model_may_want_coarser_sizes(creator: User, settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "passport.json").write_text('{"native_size": 256, "size_multiple": 64}')
    settings.MODEL_ALIASES = {settings.MODELS[0]: str(tmp_path)}

    assert submit(owner=creator, prompt="a harbour", width=320)[0].width == 320
    with pytest.raises(GenerationError, match="multiples of 64"):
        submit(owner=creator, prompt="a harbour", width=328)


def test_a_hub_model_has_sensible_defaults(creator: User, settings: Settings) -> None:
    settings.MODELS = ["somebody/model"]

    job, _created = submit(owner=creator, prompt="a harbour")

    assert (job.width, job.height, job.steps, job.guidance) == (512, 512, 20, 5.0)


def test_seeds_nobody_chose_differ(creator: User) -> None:
    seeds = {submit(owner=creator, prompt="a harbour")[0].seed for _turn in range(5)}

    assert len(seeds) == 5
    assert all(0 <= int(seed) < 2**64 for seed in seeds)


def test_nobody_is_rung_when_nobody_asked(creator: User) -> None:
    assert submit(owner=creator, prompt="a harbour", on_finish="")[0].on_finish == ""


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"prompt": ""}, "prompt_empty", "prompt"),
        ({"prompt": "a" * 10_000}, "prompt_too_long", "prompt"),
        ({"prompt": "a\x00"}, "prompt_control_characters", "prompt"),
        ({"prompt": "\ud800"}, "prompt_not_unicode", "prompt"),
        ({"prompt": "a\u202eb"}, "prompt_hidden_characters", "prompt"),
        ({"negative_prompt": "a" * 2001}, "prompt_too_long", "negative_prompt"),
        ({"model": "nobody/unknown"}, "unknown_model", "model"),
        ({"model": "../../etc"}, "unknown_model", "model"),
        ({"model": "\ud800"}, "unknown_model", "model"),
        ({"width": 65}, "bad_size", "width"),
        ({"width": 56}, "bad_size", "width"),
        ({"width": 2056}, "bad_size", "width"),
        ({"height": 0}, "bad_size", "height"),
        ({"height": -64}, "bad_size", "height"),
        ({"height": 64.0}, "bad_size", "height"),
        ({"steps": 0}, "bad_steps", "steps"),
        ({"steps": 151}, "bad_steps", "steps"),
        ({"steps": True}, "bad_steps", "steps"),
        ({"guidance": -0.1}, "bad_guidance", "guidance"),
        ({"guidance": 30.5}, "bad_guidance", "guidance"),
        ({"guidance": float("nan")}, "bad_guidance", "guidance"),
        ({"guidance": float("inf")}, "bad_guidance", "guidance"),
        ({"guidance": "3"}, "bad_guidance", "guidance"),
        ({"count": 0}, "bad_count", "count"),
        ({"count": 9}, "bad_count", "count"),
        ({"seed": -1}, "bad_seed", "seed"),
        ({"seed": 2**64}, "bad_seed", "seed"),
        ({"seed": str(2**64)}, "bad_seed", "seed"),
        ({"seed": "0x10"}, "bad_seed", "seed"),
        ({"seed": "١٢"}, "bad_seed", "seed"),
        ({"seed": "1" * 5000}, "bad_seed", "seed"),
        ({"seed": 10**5000}, "bad_seed", "seed"),
        ({"seed": 1.0}, "bad_seed", "seed"),
        ({"seed": True}, "bad_seed", "seed"),
        ({"seed": [1]}, "bad_seed", "seed"),
        ({"idempotency_key": "a" * 201}, "bad_idempotency_key", "idempotency_key"),
        ({"idempotency_key": "a\nb"}, "bad_idempotency_key", "idempotency_key"),
    ],
)
def test_refused_and_nothing_stored(creator: User, changes: dict[str, Any], code: str, field: str) -> None:
    with pytest.raises(GenerationError) as caught:
        submit(**{"owner": creator, "prompt": "a harbour", **changes})

    assert (caught.value.code, caught.value.field, caught.value.permanent) == (code, field, True)
    caught.value.message.encode()  # a sentence that can be sent
    assert Job.objects.count() == 0


def test_an_unknown_model_is_answered_with_what_there_is(creator: User, settings: Settings) -> None:
    settings.MODELS = ["mini", "maxi"]

    with pytest.raises(GenerationError, match="mini, maxi"):
        submit(owner=creator, prompt="a harbour", model="other")


def test_a_broken_passport_is_the_operators_to_mend(creator: User, settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "passport.json").write_text('{"default_steps": "many"}')
    settings.MODEL_ALIASES = {settings.MODELS[0]: str(tmp_path)}

    with pytest.raises(GenerationError) as caught:
        submit(owner=creator, prompt="a harbour")

    assert caught.value.code == "model_unreadable"


def test_bounds_are_accepted(creator: User) -> None:
    job, _created = submit(
        owner=creator, prompt="a", seed=2**64 - 1, width=64, height=2048, steps=150, guidance=30, count=8
    )

    assert job.seed == "18446744073709551615"
    assert json.dumps(job.guidance) == "30.0"


def test_the_same_key_and_body_is_the_same_job(creator: User) -> None:
    first, created = submit(owner=creator, prompt="a harbour", idempotency_key="k1")
    again, created_again = submit(owner=creator, prompt=" a harbour ", idempotency_key="k1")

    assert (created, created_again, again.pk) == (True, False, first.pk)
    assert again.seed == first.seed
    assert Job.objects.count() == 1


@pytest.mark.parametrize("changes", [{"prompt": "a tree"}, {"seed": 5}, {"steps": 3}, {"count": 2}, {"guidance": 1.5}])
def test_the_same_key_with_another_body_is_a_conflict(creator: User, changes: dict[str, Any]) -> None:
    submit(owner=creator, prompt="a harbour", idempotency_key="k1")

    with pytest.raises(GenerationError) as caught:
        submit(**{"owner": creator, "prompt": "a harbour", "idempotency_key": "k1", **changes})

    assert caught.value.code == "idempotency_conflict"
    assert Job.objects.count() == 1


def test_a_key_belongs_to_its_owner(creator: User, stranger: User) -> None:
    submit(owner=creator, prompt="a harbour", idempotency_key="k1")
    _job, created = submit(owner=stranger, prompt="a tree", idempotency_key="k1")

    assert created
    assert Job.objects.count() == 2


def test_without_a_key_every_request_is_a_job(creator: User) -> None:
    for key in (None, None, "", ""):
        submit(owner=creator, prompt="a harbour", idempotency_key=key)

    assert Job.objects.count() == 4


def test_a_worker_is_rung_once_after_the_commit(
    creator: User, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[str] = []
    monkeypatch.setattr("generation.delivery._ring", lambda name, *args: rung.append(name))

    with django_capture_on_commit_callbacks() as callbacks:
        submit(owner=creator, prompt="a harbour", idempotency_key="k1")
        submit(owner=creator, prompt="a harbour", idempotency_key="k1")
    assert rung == []

    assert len(callbacks) == 1


@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.none() | st.integers() | st.text(max_size=25) | st.floats(),
    width=st.none() | st.integers(),
    steps=st.none() | st.integers(-5, 200),
    guidance=st.none() | st.floats(),
    count=st.integers(-2, 12),
)
def test_any_numbers_give_a_job_within_bounds_or_a_known_code(
    creator: User, seed: Any, width: int | None, steps: int | None, guidance: float | None, count: int
) -> None:
    before = Job.objects.count()
    try:
        job, _created = submit(
            owner=creator, prompt="a", seed=seed, width=width, steps=steps, guidance=guidance, count=count
        )
    except GenerationError as error:
        refusal = error.code
    else:
        refusal = ""
    if refusal:
        assert refusal in {"bad_seed", "bad_size", "bad_steps", "bad_guidance", "bad_count"}
        assert Job.objects.count() == before
        return
    assert 0 <= int(job.seed) < 2**64
    assert 64 <= job.width <= 2048
    assert job.width % 8 == 0
    assert 1 <= job.steps <= 150
    assert 0 <= job.guidance <= 30
    assert 1 <= job.count <= 8
