"""Write the figures of ``style.json`` into ``style.md``, between its markers, and draw the reliability diagram.

The words around the tables are written by hand and say nothing that a new measurement could make wrong.
"""

import re
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks.style_aims import aims
from tests.benchmarks.style_diagram import diagram
from tests.benchmarks.style_tables import LEVELS, Report, measured, percent, rows, span

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
            "\n".join(["", *table(report), "", ""])
            if measured(report, name)
            else "\nNot measured with these weights.\n\n"
        )
        text = re.sub(pattern, _between(told), text, flags=re.DOTALL)
    page.write_text(text, encoding="utf-8")
    if "evidence" in report:
        (folder / "style-reliability.svg").write_text(diagram(report["evidence"]), encoding="utf-8")


def _between(told: str) -> Callable[[re.Match[str]], str]:
    return lambda found: found[1] + told + found[2]


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


def strangers(report: Report) -> list[str]:
    body, flagged = [], []
    for files, part in report["strangers"].items():
        for alpha, told in part["levels"].items():
            outcomes = ", ".join(f"{name} {count}" for name, count in sorted(told["outcomes"].items()))
            name = f"the whole audit, {alpha}, files {files}"
            body.append([name, span(told["artists"]), percent(told["bound"]), span(told["images"]), outcomes])
            flagged += [f"- {alpha}, files {files}: {who}" for who in told["flagged"]]
    part = report["strangers"]["as they are"]
    for strategy, levels in part["strategies"].items():
        for alpha, told in levels.items():
            name = f"{strategy}, {alpha}{' ←' if strategy == part['strategy'] else ''}"
            found = [span(told["artists"]), percent(told["bound"]), span(told["images"])] if "n" in told else 3 * ["–"]
            body.append([name, *found, "–"])
    return [
        f"{part['works']:,} works by {part['artists']:,} artists. Found in the collection by the copy lane and left "
        f"out: {'; '.join(part['in the collection']) or 'none'}.",
        "",
        *rows(["judged by", "flagged, by artist", "bound", "by image", "outcomes"], body),
        "",
        "Flagged (work → whose style it was said to resemble):",
        "",
        *(flagged or ["- none"]),
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
                    span(told["of other prompts"]) if told["of other prompts"] else "",
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
        "of other prompts",
        "in the style of: right, alone",
        "among several",
        "only others",
    ]
    return [
        f"Calibrated on {part['calibrated on']:,} neutral pictures with {100 * part['confidence']:g} % confidence, "
        f"{part['asked']:,} others asked about, the first {part['of other prompts']:,} of other prompts; "
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


def _mark(report: Report, strategy: str) -> str:
    return " ←" if strategy == report["strategy"] else ""


TABLES: dict[str, Callable[[Report], list[str]]] = {
    "models": models,
    "aims": aims,
    "retrieval": retrieval,
    "inverted": inverted,
    "uploads": uploads,
    "strangers": strangers,
    "service": service,
    "power": power,
    "generated": generated,
    "others": others,
    "evidence": evidence,
    "copies": copies,
    "looks": looks,
    "speed": speed,
}
