"""Put the trained parts together as a stock diffusers pipeline in half precision, with its passport.

python -m generation.training.export --work WORK --out generation/bundled/colophon-mini
"""

from __future__ import annotations

import json
from pathlib import Path

import torch
from diffusers import AutoencoderTiny, DPMSolverMultistepScheduler, StableDiffusionPipeline
from transformers import CLIPTextModel, CLIPTokenizer

from generation.training import autoencoder, runs
from generation.training.latents import load_autoencoder
from generation.training.pixels import PixelStore, Work, read_works, split
from generation.training.unet import build_text_encoder, build_unet

LIMIT_BYTES = 40_000_000


def scheduler(shift: float) -> DPMSolverMultistepScheduler:
    """Stochastic DPM-Solver++ (2M) on the straight paths of rectified flow.

    Fresh noise at every step lets a small network mend its early guesses; without it the layout of a picture stays
    that of its first noise. The noise comes from the caller's generator, so a seed still means one picture.
    """
    return DPMSolverMultistepScheduler(
        prediction_type="flow_prediction",
        use_flow_sigmas=True,
        flow_shift=shift,
        algorithm_type="sde-dpmsolver++",
        solver_order=2,
        final_sigmas_type="zero",
        lower_order_final=True,
        steps_offset=1,
    )


def trained_denoiser(run: runs.Run, name: str) -> tuple[torch.nn.Module, CLIPTextModel, CLIPTokenizer, int]:
    """The averaged UNet and text tower of a checkpoint, the tokenizer, and how many samples they saw."""
    tokenizer = CLIPTokenizer.from_pretrained(run.work / "tokenizer")
    state = runs.load(run.work / f"{name}.pt")
    assert state is not None, "train the denoiser first"
    unet, text = build_unet(run.config["unet"]), build_text_encoder(run.config["unet"], tokenizer)
    average = state["average"]
    unet.load_state_dict({k[5:]: v for k, v in average.items() if k.startswith("unet.")})
    text.load_state_dict({k[5:]: v for k, v in average.items() if k.startswith("text.")})
    return unet.eval(), text.eval(), tokenizer, state["samples"]


def assemble(run: runs.Run, name: str) -> tuple[StableDiffusionPipeline, int]:
    """The pipeline in float32, and the samples its denoiser saw."""
    unet, text, tokenizer, samples = trained_denoiser(run, name)
    vae: AutoencoderTiny = load_autoencoder(run)
    pipe = StableDiffusionPipeline(
        vae=vae,
        text_encoder=text,
        tokenizer=tokenizer,
        unet=unet,
        scheduler=scheduler(run.config["sampling"]["shift"]),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    return pipe, samples


def learnt_from(run: runs.Run) -> dict[str, object]:
    """What the denoiser learnt from, counted from the run's own works and pictures."""
    works = read_works(run.art)
    learnt, _held_out = split(PixelStore(run.work).shape, run.config["held_out_share"])
    return said_of([works[i] for i in learnt], listed=len(works))


def said_of(learnt: list[Work], *, listed: int) -> dict[str, object]:
    """The sentence about the works learnt from, among all that are listed; their artists by the catalogue's slugs."""
    artists = {work.artist.translate({ord("."): None, ord("'"): None}) for work in learnt}
    return {
        "training_statement": (
            f"trained on {len(learnt):,} public-domain works by {len(artists)} artists, "
            f"among the {listed:,} listed in docs/training-works.csv"
        ),
        "trained_on_artists": sorted(artists),
    }


def passport(config: runs.Config, samples: int, *, native_size: int, learnt: dict[str, object]) -> dict[str, object]:
    """What the service needs to know before it loads the weights."""
    sampling = config["sampling"]
    return {
        "name": "colophon-mini",
        "version": config["version"],
        "licence": "Apache-2.0",
        **learnt,
        "held_out_share": config["held_out_share"],
        "training_samples": samples,
        "default_steps": sampling["steps"],
        "default_guidance": sampling["guidance"],
        "default_negative_prompt": "",
        "cpu_threads": 1,
        "native_size": native_size,
        "size_multiple": 64,
        "scheduler": "DPMSolverMultistepScheduler",
    }


def folder_bytes(folder: Path) -> int:
    """Bytes of every file below `folder`."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def main() -> None:
    """Save, and refuse a folder over the limit."""
    run, args = runs.start(__doc__ or "", out="generation/bundled/colophon-mini", name="unet")
    pipe, samples = assemble(run, args.name)
    out = Path(args.out)
    pipe.to(dtype=torch.float16).save_pretrained(out, safe_serialization=True)
    native = run.config["unet"]["side"] * autoencoder.factor_of(pipe.vae)
    facts = passport(run.config, samples, native_size=native, learnt=learnt_from(run))
    (out / "passport.json").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    for file in out.rglob("*.safetensors"):
        file.chmod(0o644)
    size = folder_bytes(out)
    print(f"{out}: {size / 1e6:.1f} MB after {samples} samples")
    assert size <= LIMIT_BYTES, "over 40 MB"


if __name__ == "__main__":
    main()
