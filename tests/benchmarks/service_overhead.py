"""How much longer a picture takes through the whole service than from the bare pipeline.

    python -m tests.benchmarks.service_overhead [--rounds 9] [--steps N] [--threads 1]

Rounds go bare, service, bare, with the same model, seed, steps, batch and threads, everything warm; both
sides save a PNG. The service's time is from the HTTP request to the published version, so it holds the
audit and the signature too, which bare pipelines do not make; ``render`` is its share for the picture
alone. The second bare of each round against the first says how much of any ratio is noise.
"""

import argparse
import json
import statistics
import tempfile
import time
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from tests.e2e.service import ROOT, Service

PROMPT = "a harbour at sunset"
# By the rows' own times: asked for, taken by a worker, rendered and stored, made a version, compared, published.
STAGES = ("wait", "work", "receive", "audit", "seal")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--steps", type=int, default=None)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        service = Service(Path(folder), {"OMP_NUM_THREADS": str(options.threads)})
        service.manage("prepare")
        service.start()
        try:
            report = measure(service, Path(folder), options)
        finally:
            service.stop()
    print(json.dumps(report, indent=1))  # noqa: T201


def measure(service: Service, folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    bare = Bare(folder / "bare.png", threads=options.threads, steps=options.steps)
    served = Served(service, steps=bare.steps)
    for seed in range(2):  # warm
        bare(seed)
        served(seed)
    rounds = []
    for seed in range(options.rounds):
        first, (whole, render, stages), second = bare(seed), served(seed + 100), bare(seed)
        rounds.append({"bare": first, "service": whole, "render": render, "bare_again": second, **stages})
    before = [r["bare"] for r in rounds]
    return {
        "steps": bare.steps,
        "threads": options.threads,
        "rounds": options.rounds,
        "bare_s": spread(before),
        "service_s": spread([r["service"] for r in rounds]),
        "service/bare": spread([2 * r["service"] / (r["bare"] + r["bare_again"]) for r in rounds]),
        "render/bare": spread([2 * r["render"] / (r["bare"] + r["bare_again"]) for r in rounds]),
        "bare/bare": spread([r["bare_again"] / r["bare"] for r in rounds]),
        "stages_ms": {name: spread([1000 * r[name] for r in rounds]) for name in STAGES},
        "added_ms": spread([1000 * (r["service"] - (r["bare"] + r["bare_again"]) / 2) for r in rounds]),
    }


def spread(values: list[float]) -> dict[str, float]:
    """Median and range."""
    return {
        "median": round(statistics.median(values), 4),
        "least": round(min(values), 4),
        "most": round(max(values), 4),
    }


class Bare:
    """The diffusers pipeline alone, called as its documentation says."""

    def __init__(self, target: Path, *, threads: int, steps: int | None) -> None:
        import torch
        from diffusers import AutoPipelineForText2Image

        torch.set_num_threads(threads)
        folder = ROOT / "generation" / "bundled" / "colophon-mini"
        passport = json.loads((folder / "passport.json").read_text())
        self.steps = steps or int(passport["default_steps"])
        self.guidance = float(passport["default_guidance"])
        self.target = target
        self.torch = torch
        pipe = AutoPipelineForText2Image.from_pretrained(folder, local_files_only=True, dtype=torch.float32)
        pipe.unet.to(memory_format=torch.channels_last)
        pipe.vae.to(memory_format=torch.channels_last)
        pipe.set_progress_bar_config(disable=True)
        self.pipe = pipe

    def __call__(self, seed: int) -> float:
        began = time.perf_counter()
        image = self.pipe(
            PROMPT,
            num_inference_steps=self.steps,
            guidance_scale=self.guidance,
            height=256,
            width=256,
            generator=self.torch.Generator().manual_seed(seed),
        ).images[0]
        image.save(self.target)
        return time.perf_counter() - began


class Served:
    """The same picture by the API, waited for as a client would."""

    def __init__(self, service: Service, *, steps: int) -> None:
        self.service = service
        self.steps = steps
        self.headers = {"Authorization": f"Token {service.token()}", "Content-Type": "application/json"}

    def _call(self, path: str, body: dict[str, Any] | None = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        with urlopen(Request(f"{self.service.url}{path}", data=data, headers=self.headers), timeout=60) as answer:
            return json.loads(answer.read())

    def __call__(self, seed: int) -> tuple[float, float, dict[str, float]]:
        began = time.perf_counter()
        job = self._call("/api/v1/jobs/", {"prompt": PROMPT, "seed": str(seed), "steps": self.steps})
        while True:
            versions = self._call(f"/api/v1/versions/?job={job['id']}")["results"]
            if versions and versions[0]["status"] == "published":
                break
            time.sleep(0.01)
        whole = time.perf_counter() - began
        output = self._call(f"/api/v1/outputs/{versions[0]['output']}/")
        job, version = self._call(f"/api/v1/jobs/{job['id']}/"), versions[0]
        told = [job["created_at"], job["started_at"], job["finished_at"], version["created_at"]]
        times = [datetime.fromisoformat(it) for it in (*told, version["audit"]["created_at"], version["published_at"])]
        stages = {
            name: (after - before).total_seconds()
            for name, (before, after) in zip(STAGES, pairwise(times), strict=True)
        }
        return whole, float(output["seconds"]), stages


if __name__ == "__main__":
    main()
