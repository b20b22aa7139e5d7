"""A marking profile as a picture's maker wishes it: an artist's word on data mining goes before the profile's."""

import dataclasses

from django.conf import settings
from django.utils.module_loading import import_string

from provenance.marking.profiles import Profile


def as_wished(profile: Profile, *, maker: int) -> Profile:
    """*profile*, with the data-mining wish of the person *maker* (a primary key), if they have told one here.

    Asked of whoever ``settings.MINING_WISHES`` names: works know no artists.
    """
    wish = import_string(settings.MINING_WISHES)(maker) if settings.MINING_WISHES else None
    if wish is None:
        return profile
    data_mining, constraint = wish
    return dataclasses.replace(profile, data_mining=data_mining, constraint=constraint)
