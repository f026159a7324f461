"""Training by several processes, on one machine or more: `torchrun nrtool train` starts them.

Every process, a rank, makes the whole batch and learns from its own rows of it. Gradients, losses
and batch-norm's statistics are the whole batch's, dropout's mask too: the curve is that of one
process, up to the order in which floats are added, however many ranks there are.
"""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, distributed, nn
from torch.distributed.nn.functional import all_reduce
from torch.nn import functional
from torch.nn.parallel import DistributedDataParallel

from generator.errors import BadInput
from models.decoders import Network


@dataclass(frozen=True)
class Ranks:
    """Processes that train together; alone, everything here does nothing.

    Attributes:
        rank: of this process, 0 .. world - 1; the first writes the run.
        world: how many there are.
    """

    rank: int = 0
    world: int = 1

    @property
    def is_first(self) -> bool:
        """Whether this process writes the run and talks to the user."""
        return self.rank == 0

    def rows(self, batch: int) -> slice:
        """Which rows of a batch this process learns from.

        Raises:
            BadInput: a batch that cannot be divided.
        """
        if batch % self.world:
            raise BadInput(
                f"batches of {batch} cannot be divided among {self.world} processes: "
                f"give --batch a multiple of {self.world}"
            )
        each = batch // self.world
        return slice(self.rank * each, (self.rank + 1) * each)

    def converted(self, model: Network) -> Network:
        """The network, with layers that look at the whole batch; same weights, same names."""
        if self.world > 1:
            _convert(model, self)
        return model

    def reducing(self, model: Network) -> nn.Module:
        """What to call instead of `model`, so that gradients become those of the whole batch."""
        if self.world == 1:
            return model
        ids = [parameter.device for parameter in model.parameters()][:1]
        return DistributedDataParallel(
            model, ids if ids[0].type == "cuda" else None, broadcast_buffers=False
        )

    def mean(self, loss: Tensor) -> Tensor:
        """The mean over all ranks of a tensor that does not need its gradient."""
        if self.world > 1:
            distributed.all_reduce(loss)
            loss /= self.world
        return loss

    def any(self, flag: bool) -> bool:
        """Whether it holds in some rank: all must do the same."""
        if self.world == 1:
            return flag
        return bool(self.mean(torch.tensor(float(flag), device=_device())) > 0)

    def share(self, value: Any = None) -> Any:
        """What the first rank gives."""
        box = [value]
        if self.world > 1:
            distributed.broadcast_object_list(box, device=_device())
        return box[0]

    @contextlib.contextmanager
    def own(self, run: Path) -> Iterator[Path]:
        """The folder that this rank writes: the first the run, the others a copy thrown away."""
        with contextlib.ExitStack() as stack:
            folder = run
            if not self.is_first:
                made = tempfile.TemporaryDirectory(prefix="nrtool-rank-")
                folder = Path(stack.enter_context(made))
                for path in run.glob("[!.]*.safetensors"):
                    shutil.copy(path, folder)
            if self.world > 1:
                distributed.barrier()  # before the first goes on to write
            yield folder


ALONE = Ranks()


@contextlib.contextmanager
def joined(device: torch.device) -> Iterator[tuple[Ranks, torch.device]]:
    """The ranks that torchrun started, and this one's device; `ALONE` where it did not.

    Raises:
        BadInput: the device is of a kind that processes cannot train on together.
    """
    if int(os.environ.get("WORLD_SIZE", 1)) == 1:
        yield ALONE, device
        return
    if device.type not in ("cpu", "cuda"):
        raise BadInput(f"several processes cannot train on {device.type}: give --device cpu")
    if device.type == "cuda":
        device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0)))
        torch.cuda.set_device(device)
    distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield Ranks(distributed.get_rank(), distributed.get_world_size()), device
    finally:
        distributed.destroy_process_group()


def _device() -> torch.device:
    is_nccl = distributed.get_backend() == "nccl"
    return torch.device("cuda", torch.cuda.current_device()) if is_nccl else torch.device("cpu")


class _BatchNorm(nn.BatchNorm2d):
    """Batch-norm by the statistics of all ranks' rows; PyTorch's own is for GPUs alone."""

    ranks: Ranks

    def forward(self, features: Tensor) -> Tensor:
        if not self.training:
            return super().forward(features)
        rows = features.float()
        count = rows.numel() // rows.shape[1] * self.ranks.world
        mean = all_reduce(rows.mean((0, 2, 3))) / self.ranks.world
        centred = rows - mean[:, None, None]
        variance = all_reduce(centred.square().mean((0, 2, 3))) / self.ranks.world
        with torch.no_grad():
            momentum = self.momentum or 0.0
            self.running_mean.lerp_(mean, momentum)  # type: ignore[union-attr]
            self.running_var.lerp_(variance * count / (count - 1), momentum)  # type: ignore[union-attr]
            self.num_batches_tracked.add_(1)  # type: ignore[union-attr]
        scale = self.weight * (variance + self.eps).rsqrt()
        normed = centred * scale[:, None, None] + self.bias[:, None, None]
        as_given: Tensor = normed.to(features.dtype)
        return as_given


class _Dropout(nn.Dropout):
    """The rows of the mask that one process would draw for the whole batch."""

    ranks: Ranks

    def forward(self, features: Tensor) -> Tensor:
        if not self.training or not self.p:
            return features
        # Drawn as PyTorch draws it for one process: in the order in which the values lie.
        size = (len(features) * self.ranks.world, *features.shape[1:])
        whole = features.new_empty_strided(size, features.stride()).fill_(1)
        kept: Tensor = features * functional.dropout(whole, self.p)[self.ranks.rows(len(whole))]
        return kept


_WHOLE = {nn.BatchNorm2d: _BatchNorm, nn.Dropout: _Dropout}


def _convert(model: nn.Module, ranks: Ranks) -> None:
    for module in model.modules():
        if whole := _WHOLE.get(type(module)):
            # The same parameters under the same names, another forward.
            module.__class__ = whole
            module.ranks = ranks  # type: ignore[assignment]
