"""What an engine did, as credentials tell it, from the rows that know it."""

from generation.models import ModelPassport, Output
from provenance.credentials.story import Generation, ModelFacts


def model_facts(passport: ModelPassport) -> ModelFacts:
    return ModelFacts(
        name=passport.name,
        source=passport.source,
        revision=passport.revision,
        weights_sha256=passport.weights_sha256,
        pipeline=passport.pipeline,
        licence=passport.licence,
        training_statement=passport.training_statement,
    )


def generation_facts(output: Output, *, commitment: str = "") -> Generation:
    """What the model was told that made *output*. With a *commitment*, neither prompt nor negative prompt."""
    job, passport = output.job, output.job.passport
    assert passport is not None, "a job that succeeded has its model's passport"
    return Generation(
        model=model_facts(passport),
        prompt=job.prompt,
        negative_prompt=job.negative_prompt,
        commitment=commitment,
        seed=output.seed,
        steps=job.steps,
        guidance=job.guidance,
        scheduler=passport.scheduler,
        width=output.width,
        height=output.height,
        batch_size=output.batch_size,
        dtype=output.dtype,
        device=output.device,
        software=output.software,
    )
