"""Write the figures of ``style.json`` into ``style.md``, between its markers, and draw the reliability diagram.

The words around the tables are written by hand and say nothing that a new measurement could make wrong.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

Report = dict[str, Any]
LEVELS = {"1%": 0.01, "5%": 0.05}
KINDS = {"raw": "raw", "whitened": "centred, whitened", "readout": "readout", "readout + cohort": "readout + cohort"}


def fill(report: Report, folder: Path) -> None:
    """Replace every marked table of ``style.md`` whose part was measured."""
    page = folder / "style.md"
    text = page.read_text(encoding="utf-8")
    for name, table in TABLES.items():
        pattern = rf"(<!-- begin {name} -->\n).*?(<!-- end {name} -->)"
        if not re.search(pattern, text, re.DOTALL):
            raise ValueError(f"style.md has no place for {name}")
        told = (
            "\n".join(["", *table(report), "", ""]) if _has(report, name) else "\nNot measured with these weights.\n\n"
        )
        text = re.sub(pattern, _between(told), text, flags=re.DOTALL)
    page.write_text(text, encoding="utf-8")
    if "evidence" in report:
        (folder / "style-reliability.svg").write_text(diagram(report["evidence"]), encoding="utf-8")


def _between(told: str) -> Callable[[re.Match[str]], str]:
    return lambda found: found[1] + told + found[2]


def _has(report: Report, name: str) -> bool:
    part = NEEDS.get(name, name)
    return part in report and (name != "generated" or "strategies" in report[part])


def percent(value: float) -> str:
    return f"{100 * value:.1f}"


def span(value: list[float]) -> str:
    """Percent, with the interval where there is one."""
    return percent(value[0]) + (f" ({percent(value[1])}–{percent(value[2])})" if len(value) == 3 else "")


def rows(head: list[str], body: list[list[str]]) -> list[str]:
    line = "|" + "|".join(["---", *["---:"] * (len(head) - 1)]) + "|"
    return ["| " + " | ".join(head) + " |", line, *("| " + " | ".join(cells) + " |" for cells in body)]


def models(report: Report) -> list[str]:
    seconds = report.get("seconds", {})
    spent = ", ".join(f"{part} {taken:.0f}" for part, taken in seconds.items())
    return [
        f"Encoder `{report['encoder'][:16]}…`, generator `{report['generator'][:16]}…`, {report['works']:,} works; "
        f"normalisation the calibration chose without the unseen artists: *{report['strategy']}*. "
        f"Processor time, seconds, with what was kept from earlier runs: {spent}."
    ]


def retrieval(report: Report) -> list[str]:
    body = []
    for split, kinds in report["retrieval"]["splits"].items():
        for kind, told in kinds.items():
            area = told["AUC"]
            body.append(
                [
                    f"{split}, {KINDS[kind]}",
                    str(told["queries"]),
                    span(told["R@1"]),
                    span(told["mAP@10"]),
                    percent(told["artist top-1"][0]) if "artist top-1" in told else "–",
                    percent(told["artist top-5"][0]) if "artist top-5" in told else "–",
                    f"{area[0]:.3f}" + (f" ({area[1]:.3f}–{area[2]:.3f})" if len(area) == 3 else ""),
                    percent(told["worst tenth"]),
                ]
            )
    head = ["split, vectors", "queries", "R@1", "mAP@10", "artist top-1", "top-5", "AUC", "worst tenth, R@1"]
    matched = report["retrieval"]["content-matched"]
    return [
        *rows(head, body),
        "",
        f"Content-matched: {matched['queries']} queries by {matched['artists']} artists, galleries of "
        f"{matched['median gallery']:.0f} works (median); chance finds {percent(matched['R@1 by chance'])} % first.",
    ]


def inverted(report: Report) -> list[str]:
    body = [
        [f"{name}, {KINDS[kind]}", str(told["artists"]), str(told["pairs"]), str(told["scores"])]
        for name, kinds in report["retrieval"]["inverted"].items()
        for kind, told in kinds.items()
    ]
    return rows(["artists, vectors", "artists", "inverted by pairs of works", "by artist scores"], body)


def uploads(report: Report) -> list[str]:
    body = []
    for strategy, told in report["uploads"].items():
        for alpha in LEVELS:
            for what, rate in told["unseen artists"][alpha].items():
                if what != "single" and strategy != report["strategy"]:
                    continue
                guarantee = f"{rate['guarantee']}, {rate['calibrated on']}"
                found = (
                    [span(rate["artists"]), span(rate["images"]), percent(rate["worst artist"])]
                    if "n" in rate
                    else 3 * ["–"]
                )
                crossed = told["crossed, all artists"][alpha]["all"]["artists"] if what == "single" else None
                body.append(
                    [
                        f"{strategy}, {alpha}, {what}{_mark(report, strategy)}",
                        guarantee,
                        *found,
                        span(crossed) if crossed else "–",
                    ]
                )
    head = [
        "strategy, level",
        "guarantee, artists",
        "rate by artist",
        "rate by image",
        "worst artist",
        "crossed, 136 artists",
    ]
    return rows(head, body)


def service(report: Report) -> list[str]:
    part = report["service"]
    body = [
        [
            alpha,
            told["guarantee"],
            span(told["artists"]),
            span(told["images"]),
            percent(told["bound"]),
            percent(told["worst artist"]),
            ", ".join(f"{name} {count}" for name, count in sorted(told["outcomes"].items())),
            str(told["taken away by content"]),
            f"{told['milliseconds a decision']:.1f}",
        ]
        for alpha, told in part["levels"].items()
    ]
    head = ["level", "guarantee", "flagged, by artist", "by image", "bound", "worst artist", "outcomes"]
    return [
        *rows([*head, "taken away by content", "ms a decision"], body),
        "",
        f"{part['enrolled']:,} works enrolled, {part['asked']:,} asked about; strategy *{part['strategy']}*.",
    ]


def power(report: Report) -> list[str]:
    body = []
    for strategy, told in report["uploads"].items():
        for alpha in LEVELS:
            for whose, sizes in told["power"][alpha].items():
                for size, found in sizes.items():
                    if strategy != report["strategy"] and (alpha, size) != ("5%", "single"):
                        continue
                    body.append(
                        [
                            f"{strategy}, {alpha}, {whose}, {size}{_mark(report, strategy)}",
                            span(found["right alone"]),
                            percent(found["right among several"][0]),
                            percent(found["only others"][0]),
                        ]
                    )
    return rows(["strategy, level, artists", "right, alone", "right, among several", "only others"], body)


def generated(report: Report) -> list[str]:
    part = report["generated"]
    body = []
    for strategy, levels in part["strategies"].items():
        for alpha in LEVELS:
            told, limit = levels[alpha], levels[alpha]["threshold"]
            sets = told["sets"]
            named = sets["right alone"][0] + sets["right among several"][0]
            body.append(
                [
                    f"{strategy}, {alpha}{_mark(part, strategy)}",
                    f"{limit['guarantee']}, rank {limit['rank']}" if limit["rank"] else limit["guarantee"],
                    span(told["false flags"]),
                    span(told["single"]["right alone"]),
                    percent(told["single"]["right among several"][0]),
                    percent(told["single"]["only others"][0]),
                    f"{named} of {sets['right alone'][1]} ({sets['threshold']['guarantee']})",
                ]
            )
    head = [
        "strategy, level",
        "guarantee",
        "false flags",
        "in the style of: right, alone",
        "among several",
        "only others",
    ]
    return [
        f"Calibrated on {part['calibrated on']} neutral pictures, {part['asked']} others asked about; "
        f"{len(part['artists'])} artists imitated {part['seeds']} times each.",
        "",
        *rows([*head, "as one set, right"], body),
        *crossed(part["crossed"]),
    ]


def crossed(part: Report) -> list[str]:
    if not part:
        return []
    body = [
        [f"{strategy}, {alpha}", told["guarantee"], span(told["false flags"]), percent(told["bound"])]
        for strategy, levels in part.items()
        if strategy != "pictures"
        for alpha, told in levels.items()
    ]
    return [
        "",
        f"Crossed: the {part['pictures']:,} neutral pictures of the bundled calibration, each fifth by the threshold "
        "of the other four.",
        "",
        *rows(["strategy, level", "guarantee", "false flags", "bound"], body),
    ]


def others(report: Report) -> list[str]:
    part = report["generated"]["others' pictures"]
    body = []
    for strategy, told in part["strategies"].items():
        flagged = []
        for alpha in LEVELS:
            found = {key: value[0] for key, value in told[alpha].items()}
            right = found["right alone"] + found["right among several"]
            flagged.append(f"{percent(right)} / {percent(found['only others'])}")
        body.append([f"{strategy}{_mark(report, strategy)}", span(told["nearest"]), span(told["among five"]), *flagged])
    head = ["strategy", "artist nearest", "artist among five", "1 %: right / only others", "5 %: right / only others"]
    return rows(head, body)


def evidence(report: Report) -> list[str]:
    part = report["evidence"]
    body = [
        [
            name,
            str(told["artists"]),
            f"{told['trials']:,}",
            f"{told['cllr'][0]:.3f} ({told['cllr'][1]:.3f}–{told['cllr'][2]:.3f})",
            f"{told['cllr_min']:.3f}",
            f"{told['calibration loss']:.3f}",
        ]
        for name, told in part.items()
        if name != "strategy"
    ]
    return rows(["trials", "artists", "trials", "Cllr, bits", "least Cllr", "loss of calibration"], body)


def copies(report: Report) -> list[str]:
    part = report["copies"]
    body = [
        [name, percent(told["found"]), " · ".join(str(told["distance"][i]) for i in (0, 2, 3))]
        for name, told in part["edits"].items()
    ]
    flagged = part["flagged_pairs"]
    false = sum(not pair["pixels agree"] for pair in flagged)
    return [
        *rows(["edit", "found, %", "bits: median · 99 % · most"], body),
        "",
        f"{part['edited_works']} works edited. Among {part['pairs']:,} pairs of different works and "
        f"{part['comparisons_of_edits']:,} comparisons of an edited work with another one, {len(flagged)} pairs are "
        f"flagged; in {len(flagged) - false} of them the pixels agree too: one composition, twice. "
        f"False pairs: **{false}**.",
    ]


def looks(report: Report) -> list[str]:
    part = report["looks"]
    real = part["real works"]["right"]
    body = [[name, span(told), span(real[name]) if name in real else "–"] for name, told in part["right"].items()]
    return [
        *rows(
            ["vectors", f"looks given, {part['triples']:,} triples", f"real works, {part['real works']['triples']:,}"],
            body,
        ),
        "",
        f"In {percent(part['same picture by the copy lane'])} % of the pairs of one content in two looks the copy lane "
        "still sees one picture: the content is there.",
    ]


def speed(report: Report) -> list[str]:
    part = report["speed"]
    body = []
    for name in ("against bare", "against the network"):
        for kind in ("clock", "processor"):
            told = part["audit"][name][kind]
            body.append(
                [
                    f"audit {name}, {kind}",
                    f"{told['bare_ms']['median']:.1f} ms",
                    f"{told['ours_ms']['median']:.1f} ms",
                    f"{told['ratio_of_medians']:.2f}",
                    f"{told['bare_against_bare']:.2f}",
                ]
            )
    for kind in ("clock", "processor"):
        told = part["import"][kind]
        body.append(
            [
                f"import against the batched encode, {kind}",
                f"{told['bare, images/s']:.1f} /s",
                f"{told['import, images/s']:.1f} /s",
                f"{told['ratio']:.2f}",
                "–",
            ]
        )
    return [
        *rows(["", "bare", "ours", "ours ÷ bare", "bare ÷ bare"], body),
        "",
        f"{part['audit']['rounds']} rounds; outcome of the audits: {part['audit']['outcome']}.",
    ]


def aims(report: Report) -> list[str]:
    """Every aim with its figure, and whether it is met; aims of parts that were not measured are left out."""
    body: list[list[str]] = []

    def add(aim: str, figure: str, met: bool | None) -> None:
        body.append([aim, figure, {True: "met", False: "**missed**", None: "not shown: too few to tell"}[met]])

    strategy = report["strategy"]
    if "uploads" in report:
        for alpha, limit in LEVELS.items():
            told = report["uploads"][strategy]
            rate = told["unseen artists"][alpha]["single"]
            for name, found in (
                ("the unseen artists' works", rate),
                ("all artists', crossed", told["crossed, all artists"][alpha]["all"]),
            ):
                add(
                    f"uploads, {alpha}: rate of false flags at most that with 95 % confidence, {name}",
                    f"{span(found['artists'])} %, bound {percent(found['bound'])} % ({found['n artists']} artists)",
                    _shown(found["artists"][0], found["bound"], limit),
                )
            add(
                f"uploads, {alpha}: the calibration's own guarantee",
                rate["guarantee"],
                rate["guarantee"] == "confident",
            )
    if _has(report, "generated"):
        asked = report["generated"]["asked"]
        for alpha, limit in LEVELS.items():
            told = report["generated"]["strategies"][report["generated"]["strategy"]][alpha]
            add(
                f"generated, {alpha}: rate of false flags at most that with 95 % confidence",
                f"{span(told['false flags'])} %, bound {percent(told['bound'])} % ({asked} pictures)",
                _shown(told["false flags"][0], told["bound"], limit),
            )
        for alpha, limit in LEVELS.items():
            if part := report["generated"]["crossed"]:
                told = part[report["generated"]["strategy"]][alpha]
                add(
                    f"generated, {alpha}, crossed: rate of false flags at most that with 95 % confidence",
                    f"{span(told['false flags'])} %, bound {percent(told['bound'])} % ({part['pictures']} pictures)",
                    _shown(told["false flags"][0], told["bound"], limit),
                )
    if "evidence" in report:
        cost = report["evidence"]["not trained on, crossed"]["cllr"]
        add(
            "likelihood ratios of unseen artists tell something: Cllr below 1",
            f"{cost[0]:.3f}, up to {cost[2]:.3f}",
            cost[2] < 1,
        )
    if "retrieval" in report:
        told = report["retrieval"]["inverted"]["of all 136"]
        before, after = told["raw"], told["readout + cohort"]
        add("fewer inverted artists after normalisation (by scores)", f"{before['scores']} → {after['scores']}",
            after["scores"] < before["scores"])  # fmt: skip
    if "copies" in report:
        part = report["copies"]
        false = sum(not pair["pixels agree"] for pair in part["flagged_pairs"])
        total = part["pairs"] + part["comparisons_of_edits"]
        add("copies: no false pair in 10⁶", f"{false} in {total:,}", false == 0 and total >= 1_000_000)
    if "looks" in report:
        right = report["looks"]["right"]["readout"]
        add("look before content: more than the 1.9 % published for CLIP-L", f"{span(right)} %", right[1] > 0.019)
    if "speed" in report:
        ratio = report["speed"]["audit"]["against bare"]["processor"]["ratio_of_medians"]
        add("audit ÷ bare open_clip encode at most 1.25 (processor time)", f"{ratio:.2f}", ratio <= 1.25)
        clock, processor = (report["speed"]["import"][kind]["ratio"] for kind in ("clock", "processor"))
        add(
            "import ÷ bare batched encode at least 0.9, by the clock and of processor time",
            f"{clock:.2f}, {processor:.2f}",
            min(clock, processor) >= 0.9,
        )
    return rows(["aim", "figure", ""], body)


def _shown(rate: float, bound: float, limit: float) -> bool | None:
    """Met when the bound of the rate is within the limit, missed when the rate itself is not."""
    return True if bound <= limit else (False if rate > limit else None)


def _mark(report: Report, strategy: str) -> str:
    return " ←" if strategy == report["strategy"] else ""


def diagram(part: Report) -> str:
    """Predicted chance of the same hand against how often it was; the circles' areas follow the number of trials."""
    side, edge = 360, 44
    inner = side - 2 * edge

    def at(x: float, y: float) -> tuple[float, float]:
        return edge + inner * x, side - edge - inner * y

    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}" font-family="sans-serif" font-size="11">',
        "<title>Reliability of the likelihood ratios at even priors</title>",
        f'<rect width="{side}" height="{side}" fill="#fff"/>',
        f'<rect x="{edge}" y="{edge}" width="{inner}" height="{inner}" fill="none" stroke="#999"/>',
        f'<line x1="{edge}" y1="{side - edge}" x2="{side - edge}" y2="{edge}" stroke="#999" stroke-dasharray="4 4"/>',
    ]
    for tick in (0, 0.5, 1):
        x, y = at(tick, tick)
        lines.append(f'<text x="{x:.0f}" y="{side - edge + 16}" text-anchor="middle">{tick:g}</text>')
        lines.append(f'<text x="{edge - 8}" y="{y + 4:.0f}" text-anchor="end">{tick:g}</text>')
    middle = side / 2
    lines.append(f'<text x="{middle}" y="{side - 8}" text-anchor="middle">predicted chance of the same hand</text>')
    lines.append(
        f'<text x="12" y="{middle}" text-anchor="middle" transform="rotate(-90 12 {middle})">observed share</text>'
    )
    for place, (name, colour) in enumerate((("not trained on, crossed", "#1f5fa8"), ("unseen artists", "#b5451b"))):
        bins = part[name]["reliability"]
        points = [at(found["predicted"], found["observed"]) for found in bins]
        most = max(found["trials"] for found in bins)
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        lines.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        for (x, y), found in zip(points, bins, strict=True):
            radius = 2 + 7 * (found["trials"] / most) ** 0.5
            lines.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{colour}" fill-opacity="0.6"/>')
        lines.append(f'<text x="{edge + 10}" y="{edge + 18 + 15 * place}" fill="{colour}">{name}</text>')
    return "\n".join([*lines, "</svg>", ""])


TABLES: dict[str, Callable[[Report], list[str]]] = {
    "models": models,
    "aims": aims,
    "retrieval": retrieval,
    "inverted": inverted,
    "uploads": uploads,
    "service": service,
    "power": power,
    "generated": generated,
    "others": others,
    "evidence": evidence,
    "copies": copies,
    "looks": looks,
    "speed": speed,
}
NEEDS = {"models": "encoder", "aims": "encoder", "inverted": "retrieval", "power": "uploads", "others": "generated"}
