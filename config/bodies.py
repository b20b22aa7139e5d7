"""Bodies as strangers send them: nothing is read, or kept on the disk meanwhile, that is larger than is ever asked for.

``DATA_UPLOAD_MAX_MEMORY_SIZE`` bounds JSON and the fields of forms, and Django knows no bound for files.
"""

from typing import Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

from similarity.uploads import ENVELOPE_BYTES


class JsonBody(JSONParser):
    """JSON that is nested too deeply for the reader is a bad request like any other."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError as error:
            raise ParseError(_("The JSON is nested too deeply.")) from error


class DeclaredSize(FileUploadHandler):
    """The first upload handler: refuses a form by what its sender says is coming, on whatever page.

    Any form with a token is read to its end before its view is asked (CSRF), so a view is too late to refuse it.
    """

    def handle_raw_input(
        self, input_data: Any, META: dict[str, str], content_length: int, boundary: Any, encoding: str | None = None
    ) -> None:
        if content_length > settings.MAX_UPLOAD_BYTES + ENVELOPE_BYTES:
            raise RequestDataTooBig("the form is larger than COLOPHON_MAX_UPLOAD_BYTES allows")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None
