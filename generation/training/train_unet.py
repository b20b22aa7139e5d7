"""Train the denoiser and the text tower together on stored latents.

    python -m generation.training.train_unet --art ART --work WORK [--minutes 100] [--name unet] [--start-from MODEL]

`--minutes` counts all sittings of the run; the learning rate falls to zero over them, so a run stopped early and
resumed goes on where it was. `--start-from` takes the folder of a saved pipeline: a run without a checkpoint then
begins from its weights and vocabulary in place of random ones, with an optimiser that remembers nothing.
"""

from __future__ import annotations

import copy
import json
import math
import random
from pathlib import Path

import torch
from diffusers import UNet2DConditionModel
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel
from tqdm import tqdm
from transformers import CLIPTextModel, CLIPTokenizer

from generation.training import flow, runs
from generation.training.captions import Odds, caption
from generation.training.features import features_of_works
from generation.training.latents import LatentStore
from generation.training.muon import optimisers
from generation.training.pixels import PixelStore, read_works, split
from generation.training.subjects import subjects_of
from generation.training.tokenizer import learn, texts_for_learning
from generation.training.unet import build_text_encoder, build_unet


def rate(progress: float, step: int, warm_up: int) -> float:
    """Factor on the learning rate: warm-up, flat, then half a cosine over the last 60 %."""
    warm = min(1.0, (step + 1) / warm_up)
    return warm * (1.0 if progress < 0.4 else 0.5 + 0.5 * math.cos(math.pi * (min(progress, 1.0) - 0.4) / 0.6))


@torch.no_grad()
def follow(average: nn.Module, model: nn.Module, decay: float) -> None:
    """Move the averaged weights towards the model's."""
    torch._foreach_lerp_(list(average.parameters()), list(model.parameters()), 1 - decay)


def taken_up(folder: Path, both: nn.ModuleDict) -> int:
    """Load the weights of a saved pipeline into `both`; how many samples those had seen."""
    both["unet"].load_state_dict(UNet2DConditionModel.from_pretrained(folder / "unet").float().state_dict())
    both["text"].load_state_dict(CLIPTextModel.from_pretrained(folder / "text_encoder").float().state_dict())
    return int(json.loads((folder / "passport.json").read_text(encoding="utf-8"))["training_samples"])


def main() -> None:
    """Train until the steps or the minutes are used; a checkpoint every few minutes."""
    run, args = runs.start(__doc__ or "", name="unet", start_from="")
    config = run.config["unet"]
    works = read_works(run.art)
    store = PixelStore.build(run.art, works, run.work)
    features = features_of_works(store, run.data, run.work / "features.npy", run.device)
    subjects = subjects_of([w.title for w in works], features)
    if args.start_from:
        tokenizer = CLIPTokenizer.from_pretrained(Path(args.start_from) / "tokenizer")
    else:
        texts = texts_for_learning(works, subjects, run.config["seed"])
        tokenizer = learn(texts, config["vocabulary"], config["text_length"])
    usable, kept = split(store.shape, run.config["held_out_share"])

    unet = build_unet(config).to(run.device, memory_format=torch.channels_last)
    text = build_text_encoder(config, tokenizer).to(run.device)
    both = nn.ModuleDict({"unet": unet, "text": text})
    if config["compile"]:
        unet.compile()
    # With 64 tokens at most, the flash kernel's backward pass takes a sixth of a step on a CPU; plain products less.
    attention = [SDPBackend.MATH] if run.device.type == "cpu" else [SDPBackend.FLASH_ATTENTION, SDPBackend.MATH]
    earlier = taken_up(Path(args.start_from), both) if args.start_from else 0
    average = copy.deepcopy(both).requires_grad_(False)
    opts = optimisers([unet, text], config["learning_rate"], config["optimiser"])
    path = run.work / f"{args.name}.pt"
    step, spent, total = 0, 0.0, config["steps"]
    if (state := runs.load(path)) is not None:
        both.load_state_dict(state["model"])
        average.load_state_dict(state["average"])
        for opt, saved in zip(opts, state["optimisers"], strict=True):
            opt.load_state_dict(saved)
        step, spent = state["step"], state["spent"]
        earlier = state["samples"] - step * config["batch"]
    clock = runs.Clock(spent, 0)
    plain, mirrored = (LatentStore(run.work, name, config["side"]) for name in ("plain", "mirrored"))
    ready = [plain.open()]
    rng = random.Random(run.config["seed"] + step)
    # The same picture in fewer values is drowned by less noise (Esser et al. 2024, section 5.3.2).
    shift = config["shift"] * config["side"] / 32
    odds = Odds(**config["odds"])

    def loss_on(indices: list[int], source: random.Random) -> torch.Tensor:
        crops = [torch.from_numpy(source.choice(ready).crop(i, source).copy()) for i in indices]
        latent = torch.stack(crops).to(run.device).float().contiguous(memory_format=torch.channels_last)
        lines = [caption(works[i], subjects[i], source, odds) for i in indices]
        ids = tokenizer(lines, padding="max_length", truncation=True, return_tensors="pt").input_ids.to(run.device)
        sigma = flow.draw_sigmas(len(indices), shift, run.device)
        x, target = flow.noisy(latent, torch.randn_like(latent), sigma)
        with torch.autocast(run.device.type, torch.bfloat16, enabled=run.config["bfloat16"]), sdpa_kernel(attention):
            states = text(ids).last_hidden_state
            said = unet(x, sigma * 1000, states).sample
        loss: torch.Tensor = (said.float() - target).square().mean()
        return loss

    def measure() -> float:
        source, kept_state = random.Random(1), torch.get_rng_state()
        torch.manual_seed(1)
        with torch.no_grad(), torch.compiler.set_stance("force_eager"):
            figure = sum(loss_on(kept[k : k + 64], source).item() for k in range(0, 256, 64)) / 4
        torch.set_rng_state(kept_state)
        return figure

    def checkpoint() -> None:
        runs.save(
            path,
            {
                "model": both.state_dict(),
                "average": average.state_dict(),
                "optimisers": [opt.state_dict() for opt in opts],
                "step": step,
                "spent": clock.spent,
                "samples": earlier + step * config["batch"],
            },
        )
        tokenizer.save_pretrained(run.work / "tokenizer")

    bar = tqdm(total=total, initial=step, desc=args.name, mininterval=20)
    recent = 0.0
    while True:
        progress = clock.spent / (run.minutes * 60) if run.minutes else step / total
        if progress >= 1:
            break
        for opt in opts:
            for group in opt.param_groups:
                group["lr"] = group["initial_lr"] * rate(progress, step, config["warm_up"])
        loss = loss_on(rng.sample(usable, config["batch"]), rng)
        both.zero_grad()
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(both.parameters(), 1.0)
        for opt in opts:
            opt.step()
        step += 1
        follow(average, both, min(config["ema"], (1 + step) / (10 + step)))
        recent = 0.98 * recent + 0.02 * loss.item()
        bar.update()
        if step % 100 == 0:
            bar.set_postfix_str(f"loss {recent / (1 - 0.98 ** min(step, 2000)):.4f}")
            if len(ready) == 1 and mirrored.ready():
                ready.append(mirrored.open())
        if step % config["measure_every"] == 0:
            tqdm.write(f"step {step} minutes {clock.spent / 60:.1f} held-out loss {measure():.4f}")
        if step % config["checkpoint_every"] == 0:
            checkpoint()
    checkpoint()
    tqdm.write(f"step {step} minutes {clock.spent / 60:.1f} held-out loss {measure():.4f}")


if __name__ == "__main__":
    main()
