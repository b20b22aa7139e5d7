"""Fixtures for the image engine."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User

from generation.models import Job
from generation.submit import submit

MakeJob = Callable[..., Job]


@pytest.fixture
def make_job(creator: User) -> MakeJob:
    """Submit a job that takes nothing for granted: every argument has a small default."""

    def make(**changes: Any) -> Job:
        wanted = {"owner": creator, "prompt": "a harbour", "seed": 7, "width": 64, "height": 64, "steps": 2}
        job, _created = submit(**{**wanted, **changes})
        return job

    return make
