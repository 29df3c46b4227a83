"""Do worker processes, distributed training and the compiler work here?"""

from __future__ import annotations

import contextlib
import copy
import datetime
import multiprocessing
import os
import queue
import socket
import traceback
from typing import Iterator

import gpt
import torch
from harness import Unable, equal, least, most, told, trial
from measure import device, error, gpu, need, version


NEEDS = ("torch",)
PATIENCE = 120  # seconds; torch itself waits for half an hour
SHARE = 2  # rows of the batch for each process
ITEM = 1 << 16  # numbers of an item: 256 KiB, which travel through /dev/shm


class _Items(torch.utils.data.Dataset):
    def __len__(self) -> int:
        return 32

    def __getitem__(self, index: int) -> torch.Tensor:
        return torch.full((ITEM,), float(index))


@trial("process")
def dataloader() -> Iterator[dict]:
    """Worker processes hand over batches larger than a pipe, however they are started."""
    with contextlib.suppress(OSError, AttributeError):
        shared = os.statvfs("/dev/shm")  # noqa: S108  (asked, not written to)
        yield least("MiB that are free in /dev/shm", shared.f_bavail * shared.f_frsize >> 20, 16)
    for method in ("fork", "spawn"):
        if method not in multiprocessing.get_all_start_methods():
            continue
        options = {"num_workers": 2, "multiprocessing_context": method, "timeout": PATIENCE}
        loader = torch.utils.data.DataLoader(_Items(), batch_size=8, **options)
        sums = [float(batch[:, 0].sum()) for batch in loader]
        yield equal(f"{method}: sums of the batches", sums == [28.0, 92.0, 156.0, 220.0], True)


def _batch(rows: int, where: str) -> tuple:
    tokens = torch.arange(rows * 33).view(rows, 33) * 37 % 256
    return tokens[:, :-1].to(where), tokens[:, 1:].to(where)


def _rank(rank: int, world: int, port: int, backend: str, answers: object) -> None:
    """Be one of several processes: sum, and take the gradient of a share of the batch."""
    where = f"cuda:{rank}" if backend == "nccl" else "cpu"
    os.environ.update(MASTER_ADDR="localhost", MASTER_PORT=str(port))
    limit = datetime.timedelta(seconds=PATIENCE)
    try:
        if backend == "nccl":
            torch.cuda.set_device(rank)
        torch.distributed.init_process_group(backend, rank=rank, world_size=world, timeout=limit)
        numbers = torch.full((1 << 12,), float(rank + 1), device=where)
        torch.distributed.all_reduce(numbers)
        torch.manual_seed(0)
        alone = gpt.GPT(gpt.PRESETS["tiny"]).to(where)
        parallel = torch.nn.parallel.DistributedDataParallel(copy.deepcopy(alone))
        tokens, targets = _batch(SHARE * world, where)
        alone(tokens, targets).backward()
        share = slice(SHARE * rank, SHARE * (rank + 1))
        parallel(tokens[share], targets[share]).backward()
        apart = max(error(a.grad, b.grad) for a, b in zip(parallel.parameters(), alone.parameters()))
        answers.put({"sum": float(numbers.max()), "gradient": apart, "failed": ""})
    except Exception:
        answers.put({"sum": 0.0, "gradient": 0.0, "failed": traceback.format_exc()[-1500:]})
    finally:
        if torch.distributed.is_initialized():
            torch.distributed.destroy_process_group()


@trial("process")
def distributed() -> Iterator[dict]:
    """Two processes sum over the loopback, and data-parallel gradients are those of one process."""
    yield from _together("gloo", 2)


@trial("gpu")
def nccl() -> Iterator[dict]:
    """All GPUs sum over NCCL, a process for each, and data-parallel gradients are those of one GPU."""
    gpu()
    yield from _together("nccl", torch.cuda.device_count())


def _together(backend: str, world: int) -> Iterator[dict]:
    if not torch.distributed.is_available() or not getattr(torch.distributed, f"is_{backend}_available")():
        raise Unable(f"this torch is built without distributed training over {backend}")
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    context = multiprocessing.get_context("spawn")
    answers = context.Queue()
    words = [(rank, world, port, backend, answers) for rank in range(world)]
    ranks = [context.Process(target=_rank, args=one, daemon=True) for one in words]
    for rank in ranks:
        rank.start()
    try:
        got = [_answer(answers, ranks) for _ in ranks]
    finally:
        for rank in ranks:
            rank.join(10)
            rank.kill()
    for one in got:
        if one["failed"]:
            raise RuntimeError(one["failed"])
    yield told("processes", world)
    yield equal("sum over the processes", min(one["sum"] for one in got), world * (world + 1) / 2)
    yield most("gradient", max(one["gradient"] for one in got), 1e-5)


def _answer(answers: object, ranks: list) -> dict:
    """Give what the next process says; raise if one was killed, or if none says anything."""
    for _ in range(2 * PATIENCE):
        with contextlib.suppress(queue.Empty):
            return answers.get(timeout=1)
        dead = [rank.exitcode for rank in ranks if rank.exitcode not in (None, 0)]
        if dead:
            raise RuntimeError(f"a process of the {len(ranks)} ends with status {dead[0]} before it has an answer")
    raise RuntimeError(f"the {len(ranks)} processes say nothing for {2 * PATIENCE} s")


@trial("compile")
def compile_() -> Iterator[dict]:
    """torch.compile builds a kernel here, and its values and gradients are those of eager mode."""
    need((2, 0), "torch.compile")
    given = (torch.arange(64.0, device=device()) / 8).requires_grad_()
    again = given.detach().clone().requires_grad_()

    def function(x: torch.Tensor) -> torch.Tensor:
        return (x.sin() * x.sigmoid() + 1).sum()

    value = function(given)
    value.backward()
    compiled = torch.compile(function, fullgraph=True)(again)
    compiled.backward()
    yield most("value", error(compiled, value), 1e-5)
    yield most("gradient", error(again.grad, given.grad), 1e-5)
    yield told("torch", ".".join(map(str, version())))
