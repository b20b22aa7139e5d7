"""Check a file: anybody may, nothing is kept."""

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.defaultfilters import filesizeformat
from django.utils.cache import patch_vary_headers
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.csrf import csrf_exempt
from structlog import get_logger

from provenance.credentials.errors import CredentialError
from provenance.credentials.thumbnails import thumbnails
from provenance.web.status import status_of
from provenance.web.throttle import seconds_to_wait
from provenance.works.lineage import addresses
from provenance.works.verify import Verification, verify
from similarity.errors import SimilarityError
from similarity.uploads import refuse_declared_size

log = get_logger(__name__)


# Exempt because a request forged from elsewhere could change nothing and keep nothing here; and the
# token check would read the whole upload before its size is looked at.
@method_decorator(csrf_exempt, name="dispatch")
class VerifyPage(View):
    """GET shows the form; POST answers with the verdict, as a page or, for HTMX, as its fragment."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return self._answer(request)

    def post(self, request: HttpRequest) -> HttpResponse:
        if wait := seconds_to_wait(request, scope="verify"):
            response = self._answer(
                request, error=_("Many files in a short time: wait a minute, then try again."), status=429
            )
            response["Retry-After"] = str(wait)
            return response
        limit = settings.MAX_UPLOAD_BYTES
        too_large = _("The file is larger than %(limit)s, the most this page reads.") % {"limit": filesizeformat(limit)}
        try:
            refuse_declared_size(request)
        except SimilarityError:
            return self._answer(request, error=too_large, status=413)
        upload = request.FILES.get("file")
        if not isinstance(upload, UploadedFile) or not upload.size:
            return self._answer(
                request, error=_("Choose a picture first: no file arrived, or an empty one."), status=400
            )
        if upload.size > limit:
            return self._answer(request, error=too_large, status=413)
        try:
            data = upload.read()
            verification = verify(data, token=request.POST.get("token", ""), viewer=request.user)
        except SimilarityError as error:
            return self._answer(request, error=error.message, status=status_of(error))
        except CredentialError as error:  # the service is set up wrongly; the file is not to blame
            log.error("unavailable", code=error.code, exc_info=error)
            return self._answer(request, error=error.message, status=status_of(error))
        tone = tone_of(verification)
        found = verification.as_dict()
        pictures = thumbnails(data, addresses(found["lineage"])) if found["lineage"] else {}
        return self._answer(request, found=found, tone=tone, name=upload.name or "", pictures=pictures)

    def _answer(self, request: HttpRequest, *, status: int = 200, **context: object) -> HttpResponse:
        template = "web/_verdict.html" if request.headers.get("HX-Request") else "web/verify.html"
        response = render(request, template, {"max_bytes": settings.MAX_UPLOAD_BYTES, **context}, status=status)
        response["Cache-Control"] = "no-store"
        patch_vary_headers(response, ["HX-Request"])
        return response


def tone_of(verification: Verification) -> str:
    """How the verdict is coloured: good only where we know the signer, or are the signer."""
    if verification.verdict in ("tampered", "unreadable") or verification.known == "differs":
        return "bad"
    if verification.verdict == "trusted" or (verification.verdict == "valid" and verification.ours):
        return "good"
    return "plain" if verification.verdict == "none" else "care"
