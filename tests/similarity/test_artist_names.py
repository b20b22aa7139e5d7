import pytest

from similarity.artist_names import Known, all_named_in, name_from_slug, named_in

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
    for prompt in ("\x00\ud800", "🎨" * 1000, "a " * 5000, "a-" * 5000, "مو " * 3000):
        assert keys(prompt) == []


MONET = Known(
    "monet",
    ("Claude Monet", "莫奈", "克劳德·莫奈", "クロード・モネ", "モネ", "Клод Моне", "كلود مونيه", "Κλωντ Μονέ", "모네"),
)
OTHERS = [
    Known("gogh", ("Vincent van Gogh", "ゴッホ")),
    Known("koch", ("Joseph Anton Koch", "コッホ")),
    Known("kandinsky", ("Wassily Kandinsky", "Василий Кандинский")),
    Known("shishkin", ("Ivan Shishkin", "Иван Шишкин")),
    Known("durer", ("Albrecht Dürer",)),
    Known("gyzis", ("Nikolaos Gyzis", "Νικόλαος Γύζης")),
    Known("okeeffe", ("Georgia O'Keeffe",)),
    Known("varma", ("Raja Ravi Varma", "राजा रवि वर्मा")),
    Known("david", ("Jacques-Louis David",)),
]


@pytest.mark.parametrize(
    ("prompt", "key"),
    [
        # Scripts, with what hangs on a name there.
        ("莫奈的睡莲", "monet"),
        ("克劳德莫奈", "monet"),
        ("モネ風の庭", "monet"),
        ("ゴッホのひまわり", "gogh"),
        ("ｺﾞｯﾎ", "gogh"),
        ("コッホの山", "koch"),
        ("лес в стиле Шишкина", "shishkin"),
        ("картина Кандинского", "kandinsky"),
        ("زنابق بأسلوب مونيه", "monet"),
        ("كلودْ مُونيه", "monet"),
        ("κήπος του ΜΟΝΕ", "monet"),
        ("έργα του Γύζη", "gyzis"),
        ("모네풍의 정원", "monet"),
        ("राजा रवि वर्मा की तस्वीर", "varma"),
        # Ways of writing.
        ("im Stil Monets", "monet"),
        ("monetesque lilies", "monet"),
        ("#ClaudeMonet", "monet"),
        ("claude_monet", "monet"),
        ("stars by vangogh", "gogh"),
        ("duerer's hare", "durer"),
        ("OKeeffe flower", "okeeffe"),
        ("a flower, O\u2019Keeffe", "okeeffe"),
        ("a statue by David", "david"),
        # Typographic tricks.
        ("Ｃｌａｕｄｅ Ｍｏｎｅｔ", "monet"),
        ("𝓜𝓸𝓷𝓮𝓽", "monet"),
        ("ⓜⓞⓝⓔⓣ", "monet"),
        ("ᴍᴏɴᴇᴛ", "monet"),
        ("Mo\u200bnet", "monet"),
        ("Mo\u2060ne\u200dt", "monet"),
        ("Mo\u00adnet", "monet"),
        ("M\u0301o\u0308n\u0323et\u0336", "monet"),
        ("Mo\u20ddnet", "monet"),
        ("Mo\ufe0fnet", "monet"),
        ("M\u043en\u0435t", "monet"),  # Cyrillic о and е
        ("\u039c\u03bfnet", "monet"),  # Greek Μ and ο
        ("\u041c\u043en\u0435ts", "monet"),
        ("M0n3t", "monet"),
        ("M o n e t", "monet"),
        ("a M o n e t", "monet"),
        ("Mo-net", "monet"),
        ("m.o.n.e.t", "monet"),
    ],
)
def test_one_name_in_many_scripts_and_disguises(prompt: str, key: str) -> None:
    assert [named.key for named in named_in(prompt, [MONET, *OTHERS])] == [key]


@pytest.mark.parametrize(
    "prompt",
    [
        "Monetary policy poster",
        "monetize, demonetise, a monument",
        "M\u043enum\u0435nt",
        "コスモネット",
        "モネータ",
        "монета на столе",
        "шишки в лесу",
        "מונה ליזה",
        "a statue of David",
        "a kochel and a goghan",
        "1914, 300 and 0x90",
    ],
)
def test_a_name_inside_another_word_is_no_name(prompt: str) -> None:
    assert named_in(prompt, [MONET, *OTHERS]) == []


def test_where_a_name_stands() -> None:
    prompt = "lilies by Claude Mo\u00adnet, then Monet"
    places = [(prompt[n.start : n.end], n.matched) for n in all_named_in(prompt, [MONET])]

    assert places == [("Claude Mo\u00adnet", "Claude Monet"), ("Monet", "monet")]
