"""What happened to a picture, in sentences. Measured by us; nobody signed it."""

from django.utils.translation import gettext as _

from similarity.matching.changes import Changes

# A picture this much nearer at one end, with something around it, was photographed as a thing.
_PHOTOGRAPHED = frozenset({"perspective", "framed"})


def happened(changes: Changes) -> list[dict[str, str]]:
    """``{"code", "text"}`` for each change, in the order in which a person would tell it."""
    codes = changes.codes
    if set(codes) >= _PHOTOGRAPHED:
        # Light, colour and size of a photograph are the camera's.
        told = [code for code in codes if code in ("mirrored", "rotated", "cropped")]
        return [{"code": "photographed", "text": _photographed(changes)}, *(_entry(code, changes) for code in told)]
    return [_entry(code, changes) for code in codes]


def _photographed(changes: Changes) -> str:
    sentence = _("It was photographed or laid out at an angle: one end is %(percent)d %% nearer than the other.")
    return sentence % {"percent": round(changes.perspective * 100)}


def _entry(code: str, changes: Changes) -> dict[str, str]:
    return {"code": code, "text": _text(code, changes)}


def _text(code: str, changes: Changes) -> str:
    match code:
        case "mirrored":
            return _("It was mirrored: left and right are exchanged.")
        case "rotated":
            return _rotated(changes.rotated)
        case "perspective":
            sentence = _("It is seen at an angle: one end is %(percent)d %% nearer than the other.")
            return sentence % {"percent": round(changes.perspective * 100)}
        case "stretched":
            sentence = _("It was stretched: its width by %(percent)d %% of its height.")
            return sentence % {"percent": round(changes.stretched * 100)}
        case "scaled":
            return _("It was scaled to %(percent)s %% of its size.") % {"percent": f"{changes.scaled * 100:.3g}"}
        case "cropped":
            return _cropped(changes)
        case "framed":
            return _framed(changes)
        case "greyed":
            return _("Its colours were taken away.")
        case "brightened":
            return _("It was made brighter, by %(levels)d of 255 levels.") % {"levels": round(changes.brightness)}
        case "darkened":
            return _("It was made darker, by %(levels)d of 255 levels.") % {"levels": round(-changes.brightness)}
        case "contrast":
            return _("Its contrast is %(percent)d %% of what it was.") % {"percent": round(changes.contrast * 100)}
        case "recoloured":
            return _("Its colours were shifted.")
        case "blurred":
            return _("It was blurred, or lost its fine detail.")
        case "resaved":
            return _("It was saved again: the pixels differ slightly everywhere.")
        case "none":
            return _("Its pixels are the very same; only what was written in the file is gone.")
        case _:
            return code


def _rotated(degrees: float) -> str:
    turned = f"{abs(degrees):.3g}"
    if abs(abs(degrees) - 180) < 1:
        return _("It was turned upside down.")
    if degrees > 0:
        return _("It was turned clockwise by %(degrees)s°.") % {"degrees": turned}
    return _("It was turned anticlockwise by %(degrees)s°.") % {"degrees": turned}


def _cropped(changes: Changes) -> str:
    box = changes.cropped
    assert box is not None
    sentence = _(
        "It was cropped to %(percent)d %% of its area: from %(left)d, %(top)d, a part of %(width)d × %(height)d pixels."
    )
    return sentence % {"percent": round(changes.kept * 100), **vars(box)}


def _framed(changes: Changes) -> str:
    room = changes.framed
    assert room is not None
    sides = [side for side, share in vars(room).items() if share >= 0.015]
    if sides == ["bottom"]:
        return _("Something was added below it, such as a caption.")
    if sides == ["top"]:
        return _("Something was added above it, such as a caption.")
    if len(sides) >= 3:
        return _("There is something around it, such as the window of a screenshot, a frame or a page.")
    return _("Something was added at its side.")
