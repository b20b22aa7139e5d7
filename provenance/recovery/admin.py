from django.contrib import admin

from provenance.recovery.models import RegisteredPicture
from similarity.admin import WatchOnly


@admin.register(RegisteredPicture)
class RegisteredPictureAdmin(WatchOnly):
    list_display = ("source", "kind", "subject", "width", "height", "created_at")
    list_filter = ("kind",)
    search_fields = ("source", "subject")
    exclude = ("features", "image_code")
