"""Compute on one thread with denormals flushed, and give the process its settings back afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import torch
from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]  # no stubs


@contextmanager
def single_thread() -> Iterator[None]:
    """One thread for torch and for NumPy's BLAS inside the block, so that sums repeat to the bit.

    Denormals are flushed because small tanh networks are up to 20 times slower with them.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    try:
        with _blas().limit(limits=1):
            yield
    finally:
        torch.set_flush_denormal(False)
        torch.set_num_threads(threads)


@cache
def _blas() -> ThreadpoolController:
    """The BLAS libraries of this process; looking for them takes milliseconds, so it is done once."""
    controller: ThreadpoolController = ThreadpoolController().select(user_api="blas")
    return controller
