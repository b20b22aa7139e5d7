"""What Colophon adds to the C2PA library's own time, for the same manifest and the same picture.

    python -m tests.benchmarks.credential_speed [--rounds 60] [--size 1024] [--format image/png]

Rounds are interleaved, and every other one runs backwards: bare, ours, bare. ``bare_against_bare`` says how
much of any ratio is noise.

=============  ====================================================================================
sign           the library signs, with a context made beforehand, and reads the result back with
               its own reader, as ``sign`` here does before it lets a file go
sign_unread    the library signs and looks no more at what it wrote (``verify_after_sign`` takes no
               measurable time with this version); ours is the same ``sign``, read-back included
read           the library opens the file and gives its two reports (``json`` has the state and corrupts
               numbers, ``crjson`` has the content); ours is ``read``
read_texts     the same and the embedded texts (the prompt, the model's facts), one by one; ours also takes
               the certificate
read_json      the library opens the file and gives ``json`` only
=============  ====================================================================================
"""

import argparse
import io
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.benchmarks.tamper import photograph, set_up


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--size", type=int, default=1024)
    parser.add_argument("--format", default="image/png")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        set_up(Path(folder))
        report = measure(rounds=options.rounds, size=options.size, media_type=options.format)
    print(json.dumps(report, indent=1))  # noqa: T201


def measure(*, rounds: int, size: int, media_type: str) -> dict[str, Any]:
    from provenance.credentials.read import Reading, read
    from provenance.credentials.sign import sign
    from tests.provenance.credentials.conftest import story

    image = photograph(media_type, size)
    meant = story()
    signed = sign(image, media_type=media_type, story=meant).data
    bare_sign = bare_signer(image, media_type)
    state = bare_reader(media_type, content=False)
    report = bare_reader(media_type, content=True)
    whole = bare_reader(media_type, content=True, texts=True)

    def ours() -> object:
        return sign(image, media_type=media_type, story=meant)

    def everything(reading: Reading) -> object:
        return reading.resources, reading.certificate_sha256

    return {
        "picture": {"pixels": f"{size}×{size}", "format": media_type, "bytes": len(image)},
        "rounds": rounds,
        "sign": compare(lambda: whole(bare_sign()), ours, rounds=rounds),
        "sign_unread": compare(bare_sign, ours, rounds=rounds),
        "read": compare(lambda: report(signed), lambda: read(signed), rounds=rounds),
        "read_texts": compare(lambda: whole(signed), lambda: everything(read(signed)), rounds=rounds),
        "read_json": compare(lambda: state(signed), lambda: read(signed), rounds=rounds),
    }


def bare_signer(image: bytes, media_type: str) -> Callable[[], bytes]:
    """The library alone, with the manifest we write."""
    import c2pa

    from provenance.credentials.manifest import define
    from provenance.credentials.offline import OFFLINE
    from provenance.credentials.signer import THUMBNAIL, load
    from tests.provenance.credentials.conftest import story

    definition = define(story(), media_type=media_type)
    material = load()
    info = c2pa.C2paSignerInfo(material.algorithm, material.chain, material.key.pem, None)  # type: ignore[attr-defined]
    options = {**OFFLINE, "builder": {"thumbnail": THUMBNAIL}}
    options["verify"] = {**OFFLINE["verify"], "verify_after_sign": True}
    context = c2pa.Context.from_dict(options, c2pa.Signer.from_info(info))

    def once() -> bytes:
        builder = c2pa.Builder(definition.manifest, context)
        for item in definition.inputs:
            builder.add_ingredient(item.definition, item.media_type, io.BytesIO(item.data))
            for identifier, content in item.resources.items():
                builder.add_resource(identifier, io.BytesIO(content))
        target = io.BytesIO()
        builder.sign(media_type, io.BytesIO(image), target)
        return target.getvalue()

    return once


def bare_reader(media_type: str, *, content: bool, texts: bool = False) -> Callable[[bytes], object]:
    import c2pa

    from provenance.credentials.offline import OFFLINE

    context = c2pa.Context.from_dict(OFFLINE)

    def once(signed: bytes) -> object:
        with c2pa.Reader(media_type, io.BytesIO(signed), context=context) as reader:
            state = json.loads(reader.json())
            if not content:
                return state
            report = json.loads(reader.crjson())
            found = {}
            for name, assertion in report["manifests"][0]["assertions"].items() if texts else ():
                if name.startswith("c2pa.embedded-data"):
                    found[name] = io.BytesIO()
                    reader.resource_to_stream(assertion["identifier"], found[name])
            return state, report, {name: text.getvalue() for name, text in found.items()}

    return once


def compare(bare: Callable[[], object], ours: Callable[[], object], *, rounds: int) -> dict[str, Any]:
    """Milliseconds of both, by the clock and of processor time, and their ratios.

    On a machine that does other things too, processor time is the steadier of the two.
    """
    for _ in range(5):
        bare()
        ours()
    taken: dict[str, list[tuple[float, float]]] = {"bare": [], "ours": [], "again": []}
    for number in range(rounds):
        order = [("bare", bare), ("ours", ours), ("again", bare)]
        for name, call in order if number % 2 else reversed(order):
            taken[name].append(_timed(call))
    report: dict[str, Any] = {}
    for at, kind in enumerate(("clock", "processor")):
        first, mine, second = ([it[at] for it in taken[name]] for name in ("bare", "ours", "again"))
        pairs = list(zip(first, mine, second, strict=True))
        report[kind] = {
            "bare_ms": _spread(first + second),
            "ours_ms": _spread(mine),
            "ratio_of_medians": round(statistics.median(mine) / statistics.median(first + second), 3),
            "ratio_of_fastest": round(min(mine) / min(first + second), 3),
            "median_of_ratios": round(statistics.median(2 * b / (a + c) for a, b, c in pairs), 3),
            "bare_against_bare": round(statistics.median(c / a for a, _, c in pairs), 3),
        }
    return report


def _timed(call: Callable[[], object]) -> tuple[float, float]:
    """Milliseconds by the clock, and of processor time (all threads)."""
    clock, processor = time.perf_counter(), time.process_time()
    call()
    return 1000 * (time.perf_counter() - clock), 1000 * (time.process_time() - processor)


def _spread(values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    return {
        "median": round(statistics.median(ordered), 2),
        "p10": round(ordered[len(ordered) // 10], 2),
        "p90": round(ordered[9 * len(ordered) // 10], 2),
    }


if __name__ == "__main__":
    main()
