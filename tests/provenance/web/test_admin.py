"""People in the admin: changed there by whoever may, and their keys seen by nobody."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.test import Client
from rest_framework.authtoken.models import Token
from unfold.admin import ModelAdmin

pytestmark = pytest.mark.django_db


@pytest.fixture
def office(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("root", "root@example.com", "correct horse battery"))
    return client


def test_the_key_of_a_person_is_not_shown(office: Client, creator: User) -> None:
    key = Token.objects.create(user=creator).key

    assert office.get("/admin/authtoken/tokenproxy/").status_code == 404
    for address in ("/admin/", "/admin/auth/user/", f"/admin/auth/user/{creator.pk}/change/"):
        answer = office.get(address)
        assert answer.status_code == 200
        assert key not in answer.content.decode()


def test_people_and_groups_are_added_and_changed(office: Client, creator: User) -> None:
    fields = {"username": "nell", "password1": "correct horse battery", "password2": "correct horse battery"}
    assert office.post("/admin/auth/user/add/", {**fields, "usable_password": "true"}).status_code == 302
    assert User.objects.get(username="nell").check_password("correct horse battery")
    assert office.get(f"/admin/auth/user/{creator.pk}/password/").status_code == 200
    assert office.post("/admin/auth/group/add/", {"name": "Reviewers"}).status_code == 302
    assert Group.objects.get().name == "Reviewers"


def test_every_list_is_in_the_admins_own_dress() -> None:
    assert [model for model, shown in admin.site._registry.items() if not isinstance(shown, ModelAdmin)] == []
