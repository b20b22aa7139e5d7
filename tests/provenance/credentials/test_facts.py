"""Whatever numbers a stranger's manifest holds, what is told of them is plain JSON."""

import json
import math
from typing import Any

import pytest

from provenance.credentials.facts import facts


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan, 10**400, "20", True, None, [1], {}])
def test_odd_numbers_are_no_numbers(value: Any) -> None:
    parameters = {"org.colophon.steps": value, "org.colophon.guidance": value, "other.number": value}
    action = {"action": "c2pa.created", "parameters": parameters}

    told = facts({"label": "x", "assertions": {"c2pa.actions.v2": {"actions": [action]}}})

    assert told.steps in (None, 10**400)
    assert told.guidance is None or math.isfinite(told.guidance)
    json.dumps([told.steps, told.guidance], allow_nan=False)
    json.dumps(told.actions[0].parameters, allow_nan=False)
