import pytest

from similarity.artist_names import Known, name_from_slug, named_in

ARTISTS = [
    Known("claude-monet", ("Claude Monet", "莫奈", "Клод Моне")),
    Known("vincent-van-gogh", ("Vincent van Gogh",)),
    Known("theodore-gericault", ("Théodore Géricault",)),
    Known("frederic-church", ("Frederic Edwin Church",)),
    Known("pieter-bruegel-the-elder", ("Pieter Bruegel the Elder",)),
    Known("konstantin-makovsky", ("Konstantin Makovsky",)),
    Known("vladimir-makovsky", ("Vladimir Makovsky",)),
    Known("gerrit-dou", ("Gerrit Dou",)),
    Known("rembrandt", ("Rembrandt",)),
]


def keys(prompt: str) -> list[str]:
    return [named.key for named in named_in(prompt, ARTISTS)]


@pytest.mark.parametrize(
    ("prompt", "named"),
    [
        ("a harbour at sunset in the style of Claude Monet", ["claude-monet"]),
        ("MONET'S garden", ["claude-monet"]),
        ("ein Hafen, Monet, Claude", ["claude-monet"]),
        ("日落时的港口，莫奈风格", ["claude-monet"]),
        ("сад, клод моне", ["claude-monet"]),
        ("stars by van gogh and a raft by gericault", ["vincent-van-gogh", "theodore-gericault"]),
        ("a raft, Ge\u0301ricault", ["theodore-gericault"]),
        ("monetary policy", []),
        ("a church on a hill", []),
        ("a hill, in the style of Church", ["frederic-church"]),
        ("a hill by church", ["frederic-church"]),
        ("Frederic Edwin Church", ["frederic-church"]),
        ("peasants, Bruegel", ["pieter-bruegel-the-elder"]),
        ("an elder man", []),
        ("a portrait by Makovsky", []),  # two artists have that name
        ("a portrait by Vladimir Makovsky", ["vladimir-makovsky"]),
        ("dou, dou, dou", []),  # too short to stand alone
        ("Gerrit Dou", ["gerrit-dou"]),
        ("rembrandt light", ["rembrandt"]),
        ("", []),
    ],
)
def test_who_a_prompt_names(prompt: str, named: list[str]) -> None:
    assert keys(prompt) == named


@pytest.mark.parametrize(
    ("slug", "name"),
    [
        ("claude-monet", "Claude Monet"),
        ("vincent-van-gogh", "Vincent van Gogh"),
        ("pietro-da-cortona", "Pietro da Cortona"),
        ("esaias-van-de-velde", "Esaias van de Velde"),
        ("le-nain-brothers", "Le Nain Brothers"),
        ("j.-e.-h.-macdonald", "J. E. H. MacDonald"),
        ("james-mcneill-whistler", "James McNeill Whistler"),
        ("pierre-paul-prud'hon", "Pierre Paul Prud'hon"),
        ("katsushika_hokusai", "Katsushika Hokusai"),
        ("", ""),
    ],
)
def test_names_from_slugs(slug: str, name: str) -> None:
    assert name_from_slug(slug) == name


def test_strange_prompts_name_nobody() -> None:
    for prompt in ("\x00\ud800", "🎨" * 1000, "a " * 5000):
        assert keys(prompt) == []
