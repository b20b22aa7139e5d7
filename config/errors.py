"""The answer to what no view has caught (``handler500``): programs get JSON, people a page, both a reason.

An upload that finds the disk full, a database that is away: they break off in the middle of
reading a request, where no view can catch them.
"""

import sys

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.defaults import server_error
from rest_framework import status

from config.rest import problem, unavailable
from generation.errors import GenerationError


def uncaught(request: HttpRequest) -> HttpResponse:
    """Called while the error is being handled; Django has written it to the log."""
    error = sys.exc_info()[1]
    number: int
    if isinstance(error, GenerationError) and error.code == "disk_full":
        code, sentence, number = error.code, error.message, status.HTTP_507_INSUFFICIENT_STORAGE
    elif isinstance(error, Exception) and (answer := unavailable(error)):
        code, sentence, number = answer.data["code"], answer.data["detail"], answer.status_code
    elif request.path.startswith("/api/"):
        code, number = "internal_error", status.HTTP_500_INTERNAL_SERVER_ERROR
        sentence = _("Something broke on our side. It has been written down; try again in a moment.")
    else:
        return server_error(request)
    if request.path.startswith("/api/"):
        return JsonResponse(problem(code, sentence), status=number)
    return render(None, "unavailable.html", {"number": number, "sentence": sentence}, status=number)
