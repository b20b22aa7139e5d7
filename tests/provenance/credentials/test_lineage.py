"""The tree of ingredients, from stores that anybody may have written."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as fewer
from hypothesis import strategies as st

from provenance.credentials.lineage import BARE, BROKEN, DEEPEST, MISSING, MOST_NODES, WHOLE, Node, lineage
from provenance.credentials.read import read
from provenance.credentials.thumbnails import thumbnails


def manifest(label: str, *ingredients: dict[str, Any], failures: tuple[str, ...] = ()) -> dict[str, Any]:
    names = ["c2pa.ingredient.v3", *(f"c2pa.ingredient.v3__{n}" for n in range(1, len(ingredients)))]
    return {
        "label": label,
        "claim.v2": {"dc:title": label},
        "assertions": dict(zip(names, ingredients, strict=False)),
        "validationResults": {"failure": [{"code": code} for code in failures]},
    }


def ingredient(title: str, named: str = "", **more: Any) -> dict[str, Any]:
    reference = {"activeManifest": {"url": f"self#jumbf=/c2pa/{named}"}} if named else {}
    return {"dc:title": title, "relationship": "componentOf", **reference, **more}


def count(node: Node) -> int:
    return 1 + sum(count(child) for child in node.children)


def depth(node: Node) -> int:
    return 1 + max((depth(child) for child in node.children), default=0)


def test_every_state() -> None:
    broken = [{"code": "claimSignature.mismatch"}]
    late = [{"code": "timeStamp.mismatch"}, {"code": "signingCredential.untrusted"}]
    top = lineage(
        {
            "manifests": [
                manifest(
                    "top",
                    ingredient("plain"),
                    ingredient("gone", "nowhere"),
                    ingredient("good", "a"),
                    ingredient("bad", "b"),
                    ingredient("was bad", "a", validationStatus=broken),
                    ingredient("without a time", "a", validationStatus=late),
                    ingredient("run out", "c"),
                ),
                manifest("a"),
                manifest("b", failures=("assertion.hashedURI.mismatch",)),
                manifest("c", failures=("signingCredential.expired", "signingCredential.untrusted")),
            ]
        }
    )
    assert top is not None
    assert (top.title, top.state) == ("top", WHOLE)
    assert [(node.title, node.state, node.found_broken) for node in top.children] == [
        ("plain", BARE, False),
        ("gone", MISSING, False),
        ("good", WHOLE, False),
        ("bad", BROKEN, False),
        ("was bad", BROKEN, True),
        ("without a time", WHOLE, False),
        ("run out", WHOLE, False),
    ]
    assert top.children[3].reasons == ("assertion.hashedURI.mismatch",)


def test_circles_end() -> None:
    for store in (
        [manifest("a", ingredient("itself", "a"))],
        [manifest("a", ingredient("b", "b")), manifest("b", ingredient("a again", "a"))],
    ):
        top = lineage({"manifests": store})
        assert top is not None
        last = top
        while last.children:
            last = last.children[0]
        assert (last.state, last.cut) == (MISSING, True)


def test_depth_and_size_are_bounded() -> None:
    chain = [manifest(f"m{n}", ingredient("next", f"m{n + 1}")) for n in range(40)]
    top = lineage({"manifests": chain})
    assert top is not None
    assert depth(top) == DEEPEST + 1
    bushy = [manifest(f"m{n}", *[ingredient("x", f"m{n + 1}")] * 3) for n in range(8)]
    top = lineage({"manifests": bushy})
    assert top is not None
    assert count(top) <= MOST_NODES + 1
    assert any(node.cut for node in _all(top))


def _all(node: Node) -> list[Node]:
    return [node, *(each for child in node.children for each in _all(child))]


@pytest.mark.parametrize("store", [{}, {"manifests": None}, {"manifests": []}, {"manifests": ["x", 5]}])
def test_no_manifest_no_tree(store: dict[str, Any]) -> None:
    assert lineage(store) is None


values = st.recursive(
    st.none() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@fewer(max_examples=150, deadline=None)
@given(values, values, values)
def test_any_values_make_a_tree(one: Any, two: Any, three: Any) -> None:
    body = {"dc:title": one, "activeManifest": two, "c2pa_manifest": {"url": one}, "thumbnail": three}
    store = {"manifests": [{"label": one, "assertions": {"c2pa.ingredient": body, "c2pa.ingredient__1": three}}, two]}
    top = lineage(store)
    assert top is not None
    assert count(top) <= MOST_NODES + 1


@pytest.mark.shared
def test_the_public_files(shared: Path) -> None:
    folder = shared / "c2pa/public-testfiles"
    if not folder.is_dir():
        pytest.skip("the public C2PA test files are not beside this checkout")

    def tree(name: str) -> Any:
        top = lineage(read((folder / f"adobe-20220124-{name}.jpg").read_bytes()).manifest)
        assert top is not None
        return _plain(top)

    assert tree("CAICAI") == [
        "CAICAI.jpg",
        WHOLE,
        ["A.jpg", BARE],
        ["CAI.jpg", WHOLE, ["A.jpg", BARE], ["I.jpg", BARE]],
    ]
    assert tree("CIE-sig-CA") == ["CIE-sig-CA.jpg", WHOLE, ["E-sig-CA.jpg", BROKEN, ["A.jpg", BARE]]]
    for path in folder.glob("*.jp*g"):
        data = path.read_bytes()
        top = lineage(read(data).manifest)
        if top is not None:
            pictures = thumbnails(data, [node.picture for node in _all(top)])
            assert all(each.startswith("data:image/webp;base64,") for each in pictures.values())
            assert len(json.dumps(pictures)) < 200_000


def _plain(node: Node) -> list[Any]:
    return [node.title, node.state, *(_plain(child) for child in node.children)]


@pytest.mark.parametrize("data", [b"", b"hello", b"\xff\xd8\xff" + b"\0" * 100])
def test_thumbnails_of_no_picture(data: bytes) -> None:
    assert thumbnails(data, ["self#jumbf=/c2pa/x/c2pa.assertions/y"]) == {}
