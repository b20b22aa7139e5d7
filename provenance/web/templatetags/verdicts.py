"""Verdicts in words, for templates."""

from django import template

from provenance.works import wording
from provenance.works.wording import say

register = template.Library()


@register.filter
def verdict_text(code: str) -> str:
    """``valid`` → *intact, by a signer on no trust list used here*."""
    return say(wording.VERDICTS, code)


@register.filter
def at(values: dict[str, str] | None, key: str) -> str:
    """The value of *values* under *key*, or nothing."""
    return (values or {}).get(key, "") if isinstance(values, dict) else ""
