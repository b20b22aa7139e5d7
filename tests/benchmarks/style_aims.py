"""The table of aims: each with its figure, and whether it is met."""

from tests.benchmarks.style_tables import LEVELS, Report, measured, percent, rows, span


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
    for files, part in report.get("strangers", {}).items():
        for alpha, limit in LEVELS.items():
            told = part["levels"][alpha]
            add(
                f"uploads, {alpha}: rate of false flags at most that with 95 % confidence, artists outside the "
                f"collection, files {files}",
                f"{span(told['artists'])} %, bound {percent(told['bound'])} % ({told['n artists']} artists)",
                _shown(told["artists"][0], told["bound"], limit),
            )
    if measured(report, "generated"):
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
