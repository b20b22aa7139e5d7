"""What a title must be, wherever it is given."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from generation.prompts import is_visible


def validate_title(text: str) -> None:
    """Raises ``ValidationError`` ``title_invisible``: links to the work would be links of nothing."""
    if not is_visible(text):
        raise ValidationError(_("Nothing of this title can be seen. Give the work a name."), code="title_invisible")
