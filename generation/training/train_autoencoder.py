"""Train the autoencoder: `--stage joint`, then `--stage decoder` with the encoder frozen, then `--stage double`.

The diffusion model can start as soon as the joint stage is done, since only its encoder makes latents. The last stage
draws twice the picture from them, and its encoder learns to find the same ones in it.

    python -m generation.training.train_autoencoder --art ART --work WORK [--stage decoder] [--minutes 20]
"""

from __future__ import annotations

import copy
import random

import torch
from diffusers import AutoencoderTiny
from torch.nn import functional
from tqdm import tqdm

from generation.training import autoencoder, runs
from generation.training.discriminator import PatchDiscriminator, hinge
from generation.training.latents import SMALL, load_autoencoder
from generation.training.pixels import PixelStore, held_out, read_works, to_tensor
from generation.training.sheet import save_pairs
from generation.training.squeezenet import SqueezeFeatures


def learning_rate(step: int, config: runs.Config, total: int) -> float:
    """Linear warm-up, then a straight line down to a tenth."""
    warm = min(1.0, (step + 1) / config["warm_up"])
    rate = float(config["learning_rate"])
    return float(rate * warm * (1 - 0.9 * min(1.0, step / total)))


def reconstruct(vae: AutoencoderTiny, latent: torch.Tensor, noise: float) -> torch.Tensor:
    """Decode a latent with a little noise on it, as sampled latents are never quite clean."""
    picture: torch.Tensor = vae.decode(latent + noise * torch.randn_like(latent)).sample
    return picture


def halved(pictures: torch.Tensor) -> torch.Tensor:
    """The same pictures at half the side."""
    return functional.interpolate(pictures, scale_factor=0.5, mode="bicubic", antialias=True)


def main() -> None:
    """Train until the steps or the minutes are used, with a checkpoint and a sheet on the way."""
    run, args = runs.start(__doc__ or "", stage="joint")
    config = run.config["autoencoder"]
    joint, double = args.stage == "joint", args.stage == "double"
    works = read_works(run.art)
    store = PixelStore.build(run.art, works, run.work)
    kept = ~held_out(len(works), run.config["held_out_share"])
    usable = [i for i in range(len(works)) if kept[i] and store.shape[i].min() >= 96]
    fixed = to_tensor([store.square(i, 0.3, 256) for i in range(3, len(works), len(works) // 8)][:8]).to(run.device)

    path = run.work / f"autoencoder-{args.stage}.pt"
    before = [stage for stage in SMALL if (run.work / f"autoencoder-{stage}.pt").exists()]
    assert joint or before, "run the joint stage first"
    small = autoencoder.build(config) if joint else load_autoencoder(run, SMALL if double else ("joint",))
    vae = autoencoder.doubled(small, config) if double else copy.deepcopy(small)
    vae = vae.to(run.device, memory_format=torch.channels_last).train().requires_grad_(True)
    judge = SqueezeFeatures(run.data).to(run.device)
    patches = PatchDiscriminator(32).to(run.device)
    trained = list(vae.decoder.parameters() if args.stage == "decoder" else vae.parameters())
    optimiser = torch.optim.AdamW(trained, lr=1e-3, betas=(0.9, 0.99), weight_decay=0.0)
    rival = torch.optim.AdamW(patches.parameters(), lr=4e-4, betas=(0.5, 0.99))
    total, step, spent = config[f"{args.stage}_steps"], 0, 0.0
    if (state := runs.load(path)) is not None:
        vae.load_state_dict(state["vae"])
        patches.load_state_dict(state["patches"])
        optimiser.load_state_dict(state["optimiser"])
        rival.load_state_dict(state["rival"])
        step, spent = state["step"], state["spent"]

    def checkpoint() -> None:
        parts = {"vae": vae, "patches": patches, "optimiser": optimiser, "rival": rival}
        saved = {name: part.state_dict() for name, part in parts.items()}
        runs.save(path, saved | {"step": step, "spent": clock.spent})
        with torch.no_grad():
            again = vae.decode(vae.encode(fixed).latents).sample
        save_pairs(run.work / f"autoencoder-{args.stage}.jpg", fixed, again)

    clock = runs.Clock(spent, run.minutes)
    rng = random.Random(run.config["seed"] + step)
    bar = tqdm(total=total, initial=step, desc=args.stage, mininterval=10)
    while step < total and not clock.over:
        batch = [store.patch(rng.choice(usable), 256, config["patch"], rng) for _ in range(config["batch"])]
        real = to_tensor(batch).to(run.device)
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(step, config, total) * (1 if joint else 0.4)
        with torch.autocast(run.device.type, torch.bfloat16, enabled=run.config["bfloat16"]):
            with torch.set_grad_enabled(joint):
                latent = (small.encode(halved(real)) if double else vae.encode(real)).latents
            fake = reconstruct(vae, latent, config["latent_noise"])
            loss = pixel = functional.l1_loss(fake, real)
            seen = torch.zeros(())
            if not joint or step >= config["perceptual_from"]:
                seen = judge.distance(fake, real)
                loss = loss + config["perceptual"] * seen
            pull = torch.zeros(())
            if joint:
                pull, shape = autoencoder.latent_losses(latent, real)
                loss = loss + config["pull"] * pull + 0.05 * shape
            if double:
                pull = (vae.encode(real).latents - latent).square().mean()
                loss = loss + pull
            fooled = torch.zeros(())
            if not joint and step >= config[f"{args.stage}_adversarial_from"]:
                against = hinge(patches(real), patches(fake.detach()))
                rival.zero_grad()
                torch.autograd.backward(against)
                rival.step()
                if step >= config[f"{args.stage}_adversarial_from"] + 50:
                    patches.requires_grad_(False)
                    fooled = -patches(fake).mean()
                    patches.requires_grad_(True)
                    loss = loss + config["adversarial"] * fooled
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimiser.step()
        step += 1
        bar.update()
        if step % 20 == 0:
            figures = {"l1": pixel.item(), "seen": seen.item(), "pull": pull.item(), "fooled": fooled.item()}
            bar.set_postfix({name: f"{value:.3f}" for name, value in figures.items()})
        if step % config["sample_every"] == 0:
            checkpoint()
    checkpoint()


if __name__ == "__main__":
    main()
