"""Sentences of the pure operations, translated where they are shown."""

from django.utils.translation import gettext as _

from provenance.works.editing.operations.catalogue import operation_from
from provenance.works.editing.operations.errors import OperationError
from provenance.works.errors import WorkError

DECLARED = "declared"


def told(error: OperationError) -> WorkError:
    """*error* as the service answers it, in the reader's language."""
    template, values = _(error.template), error.values
    if "what" in values:  # words of ours, marked where they stand; all other values are names and numbers
        values = {**values, "what": _(values["what"])}
    field = f"parameters.{error.field}" if error.field not in ("", "operation", "parameters") else error.field
    return WorkError(error.code, template % values if values else template, field=field)


def sentence(operation: str, parameters: object) -> str:
    """What a step did, in the reader's language; a step of a kind that is no longer known, by its name."""
    if operation == DECLARED:
        return _("Edited elsewhere, as its uploader says.")
    try:
        template, values = operation_from(operation, parameters).words()
    except OperationError:
        return operation
    return _(template) % values
