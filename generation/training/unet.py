"""The denoiser and its text tower, both stock classes in small sizes."""

from __future__ import annotations

from diffusers import UNet2DConditionModel
from transformers import CLIPTextConfig, CLIPTextModel, CLIPTokenizer

from generation.training.runs import Config


def build_unet(config: Config) -> UNet2DConditionModel:
    """Four levels (32, 16, 8, 4): plain, plain, self-attention, text attention.

    The text enters twice: as keys and values at 4 x 4, and pooled into the time embedding, which scales and shifts
    every residual block. The second path is what makes an artist's name cheap to learn.
    """
    return UNet2DConditionModel(
        sample_size=32,
        in_channels=4,
        out_channels=4,
        block_out_channels=tuple(config["widths"]),
        layers_per_block=1,
        down_block_types=("DownBlock2D", "DownBlock2D", "AttnDownBlock2D", "SimpleCrossAttnDownBlock2D"),
        mid_block_type="UNetMidBlock2DSimpleCrossAttn",
        up_block_types=("SimpleCrossAttnUpBlock2D", "AttnUpBlock2D", "UpBlock2D", "UpBlock2D"),
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
