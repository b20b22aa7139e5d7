"""Times as files write them (ISO 8601 text), as people read them."""

from datetime import UTC, datetime

from django import template
from django.template.defaultfilters import date as format_date
from django.utils.dateparse import parse_datetime

register = template.Library()


@register.filter
def moment(text: str | datetime) -> str:
    """``2026-11-22T20:00:00Z`` → ``22 November 2026, 20:00 UTC``; anything else stays as it was written."""
    try:
        when = text if isinstance(text, datetime) else parse_datetime(text)
    except (TypeError, ValueError):
        return str(text or "")
    if when is None or when.tzinfo is None:
        return str(text)
    return f"{format_date(when.astimezone(UTC), 'DATETIME_FORMAT')} UTC"
