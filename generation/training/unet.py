"""The denoiser and its text tower, both stock classes in small sizes."""

from __future__ import annotations

from diffusers import UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from generation.training.runs import Config

DOWN = {"plain": "DownBlock2D", "self": "AttnDownBlock2D", "text": "SimpleCrossAttnDownBlock2D"}
UP = {"plain": "UpBlock2D", "self": "AttnUpBlock2D", "text": "SimpleCrossAttnUpBlock2D"}


def build_unet(config: Config) -> UNet2DConditionModel:
    """A level for each of `widths`, the finest first; `levels` says what attends there: nothing, itself, or text too.

    The text enters twice: as keys and values at the coarse levels, and pooled into the time embedding, which scales
    and shifts every residual block. The second path is what makes an artist's name cheap to learn.
    """
    return UNet2DConditionModel(
        sample_size=config["side"],
        in_channels=4,
        out_channels=4,
        block_out_channels=tuple(config["widths"]),
        layers_per_block=1,
        down_block_types=tuple(DOWN[kind] for kind in config["levels"]),
        mid_block_type="UNetMidBlock2DSimpleCrossAttn",
        up_block_types=tuple(UP[kind] for kind in reversed(config["levels"])),
        cross_attention_dim=config["text_width"],
        attention_head_dim=32,
        norm_num_groups=8,
        time_embedding_dim=config["time_width"],
        resnet_time_scale_shift="scale_shift",
        addition_embed_type="text",
        addition_embed_type_num_heads=8,
    )


def build_text_encoder(config: Config, tokenizer: CLIPTokenizer) -> CLIPTextModel:
    """A CLIP text tower of a few layers, trained together with the denoiser."""
    return CLIPTextModel(
        CLIPTextConfig(
            vocab_size=len(tokenizer),
            hidden_size=config["text_width"],
            intermediate_size=4 * config["text_width"],
            num_hidden_layers=config["text_layers"],
            num_attention_heads=config["text_width"] // 32,
            max_position_embeddings=tokenizer.model_max_length,
            projection_dim=config["text_width"],
            bos_token_id=tokenizer.bos_token_id,
            eos_token_id=tokenizer.eos_token_id,
            pad_token_id=tokenizer.pad_token_id,
        )
    )
