"""Where training blows up: it stops before the step, and keeps what it takes to see why.

A loss or a gradient that is no finite number spoils every weight that it reaches, and all that is
trained or saved from then on.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from generator.errors import BadInput
from models import zoo
from toolchain.data import checkpoint
from toolchain.errors import FellShort
from toolchain.training.norms import keep_norms

FILE = "diverged.safetensors"  # in the run's folder
# Optimizers divide it by as much as 1,000; beyond float32 they can't compute with it.
LARGEST_RATE = torch.finfo(torch.float32).max / 1_000
_BATCH = "batch."


class Diverged(FellShort):
    """Training came to a number that is not finite; the run's checkpoints are as they were."""


def not_finite(loss: Tensor, norm: Tensor, rate: float) -> str | None:
    """What of a step is no finite number, if anything: its loss, its gradient's norm or its rate.

    Args:
        loss: float32 [].
        norm: of the gradient, float32 [].
        rate: the largest learning rate that the step is taken with.
    """
    # One question to the device: asking is what takes its time.
    if bool(loss.isfinite() & norm.isfinite()):
        return None if rate < LARGEST_RATE else "the learning rate"
    return "the gradient" if bool(loss.isfinite()) else "the loss"


def all_finite(model: nn.Module) -> bool:
    """Whether every weight and statistic of a network is a finite number."""
    return all(bool(value.isfinite().all()) for value in model.state_dict().values())


def diverged(
    run: Path,
    what: str,
    batch: tuple[Tensor, Tensor],
    indices: Tensor,
    state: Mapping[str, Tensor],
    facts: Mapping[str, Any],
) -> Diverged:
    """The exception to raise; `run/diverged.safetensors` keeps what it takes to replay the step.

    Args:
        run: the run's folder.
        what: what is not finite, such as "the loss".
        batch: strips and digits of the step, as they were trained on.
        indices: which samples of the run's seed these are, int64 [B].
        state: network, average and moments, as `last` has them.
        facts: what checkpoints tell, "step" and "seed" among them.

    Raises:
        OSError: the folder cannot be written to.
    """
    strips, digits = batch
    kept = {**state, f"{_BATCH}strips": strips, f"{_BATCH}digits": digits}
    checkpoint.save(run / FILE, kept, {**facts, "indices": indices.tolist(), "not_finite": what})
    seed, step, listed = facts["seed"], facts["step"], sorted(indices.tolist())
    return Diverged(
        f"{what} of step {step} is no finite number; its batch is {len(listed)} samples of seed "
        f"{seed}, numbers {listed[0]} to {listed[-1]}, listed in {run / FILE}, which keeps all "
        "that replays it; checkpoints are as they were: lower --learning-rate, then start anew"
    )


def replay(path: Path) -> float:
    """The loss of the batch that `diverged` kept, in float32 on the CPU: nats per number.

    Raises:
        BadInput: the file is missing, damaged, or none that `diverged` wrote.
    """
    tensors, facts = checkpoint.load(path)
    if f"{_BATCH}strips" not in tensors or "not_finite" not in facts:
        raise BadInput(f"{path} keeps no step that diverged: name a run's {FILE}")
    model = zoo.build(facts["variant"], checkpoint.changes(facts, "network"))
    model.load_state_dict({k[5:]: v for k, v in tensors.items() if k.startswith("live.")})
    torch.manual_seed(facts["seed"] * 1_000_003 + facts["step"])
    model.train()
    if facts.get("recipe", {}).get("freeze_norm"):
        keep_norms(model)
    with torch.no_grad():
        log_probs = model(tensors[f"{_BATCH}strips"].float() / 255)
        return float(model.decoder.loss(log_probs, tensors[f"{_BATCH}digits"]))
