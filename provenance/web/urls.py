"""The pages' addresses."""

from django.contrib.auth import views as auth
from django.urls import path, reverse_lazy

from provenance.web.desk_door import noting
from provenance.web.sign_in import pausing
from provenance.web.views import (
    account,
    declare,
    editor,
    exports,
    finish,
    ledger,
    overlays,
    public,
    resemblances,
    reveals,
    review,
    start,
    studio,
    verify,
    versions,
    works,
)

app_name = "web"

urlpatterns = [
    path("", start.start, name="start"),
    path("verify/", verify.VerifyPage.as_view(), name="verify"),
    path("studio/", studio.studio, name="studio"),
    path("studio/jobs/<uuid:pk>/", studio.job_card, name="job"),
    path("studio/jobs/<uuid:pk>/cancel/", studio.cancel_job, name="cancel-job"),
    path("studio/edit/<uuid:pk>/", editor.edit, name="edit"),
    path("studio/sittings/<uuid:pk>/", editor.state, name="sitting"),
    path("studio/sittings/<uuid:pk>/step/", editor.step, name="sitting-step"),
    path("studio/sittings/<uuid:pk>/undo/", editor.undo, name="sitting-undo"),
    path("studio/sittings/<uuid:pk>/redo/", editor.redo, name="sitting-redo"),
    path("studio/sittings/<uuid:pk>/seen/", editor.seen, name="sitting-seen"),
    path("studio/sittings/<uuid:pk>/picture", editor.picture, name="sitting-picture"),
    path("studio/sittings/<uuid:pk>/finish/", finish.finish, name="sitting-finish"),
    path("studio/sittings/<uuid:pk>/abandon/", finish.abandon, name="sitting-abandon"),
    path("works/", works.works, name="works"),
    path("works/<uuid:pk>/", works.work, name="work"),
    path("works/<uuid:pk>/ledger.zip", ledger.story, name="work-ledger"),
    path("works/<uuid:pk>/title/", works.title, name="title"),
    path("versions/<uuid:pk>/file", versions.file, name="version-file"),
    path("versions/<uuid:pk>/plaque.pdf", versions.plaque, name="version-plaque"),
    path("versions/<uuid:pk>/manifest.json", versions.manifest, name="version-manifest"),
    path("v/<uuid:pk>", public.version_page, name="version-page"),
    path("v/<uuid:pk>/picture", public.version_picture, name="version-picture"),
    path("versions/<uuid:pk>/thumbnail", versions.thumbnail, name="version-thumbnail"),
    path("versions/<uuid:pk>/contribution.png", overlays.contribution, name="version-contribution"),
    path("versions/<uuid:pk>/changed.png", overlays.changed, name="version-changed"),
    path("versions/<uuid:pk>/declare/", declare.declare_edit, name="declare"),
    path("versions/<uuid:pk>/export/", exports.version_export, name="export"),
    path("versions/<uuid:pk>/export/preview.webp", exports.preview_picture, name="export-preview"),
    path("versions/<uuid:pk>/reveals/", reveals.reveals, name="reveals"),
    path("reveals/<uuid:pk>/withdraw/", reveals.withdraw, name="withdraw-reveal"),
    path("artists/<str:slug>/resemblances/", resemblances.resemblances, name="resemblances"),
    path("artists/<str:slug>/letters/", resemblances.letters, name="letters"),
    path("letters/stop/<str:token>/", resemblances.leave, name="unsubscribe"),
    path("review/", review.queue, name="queue"),
    path("review/<uuid:pk>/", review.case, name="case"),
    path(
        "sign-in/",
        pausing(noting(auth.LoginView.as_view(template_name="web/sign_in.html", redirect_authenticated_user=True))),
        name="sign-in",
    ),
    path("sign-out/", auth.LogoutView.as_view(), name="sign-out"),
    path("account/", account.account, name="account"),
    path(
        "account/password/",
        auth.PasswordChangeView.as_view(
            template_name="web/password.html", success_url=reverse_lazy("web:password-changed")
        ),
        name="password",
    ),
    path(
        "account/password/changed/",
        auth.PasswordChangeDoneView.as_view(template_name="web/password_changed.html"),
        name="password-changed",
    ),
]
