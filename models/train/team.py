"""Worker processes that train one model together.

One process a core, each with one thread and its share of the batch, is faster than one process with a thread a
core: they meet once a step instead of at every operation, so a core that is busy elsewhere costs little.
"""

import multiprocessing
import os
import sys
import traceback

import torch


class Team:
    """`count` workers that can add up vectors of at most `length` numbers. Worker 0 is this process."""

    def __init__(self, count, length):
        self.count, self.rank = count, 0
        self._rows = torch.zeros(count, length).share_memory_()
        self._barrier = multiprocessing.get_context("fork").Barrier(count)

    def total(self, vector):
        """The sum of every worker's `vector`, one f32 dimension, the same in all of them. All have to call it."""
        if self.count == 1:
            return vector
        part = self._rows[:, : vector.numel()]
        part[self.rank].copy_(vector)
        self._barrier.wait()
        result = part.sum(0)
        self._barrier.wait()  # nobody writes the next vector before all have read this one
        return result

    def run(self, work):
        """Calls `work()` in every worker; returns worker 0's result."""
        if self.count == 1:
            return work()
        context = multiprocessing.get_context("fork")
        others = [context.Process(target=self._member, args=(rank, work), daemon=True) for rank in range(1, self.count)]
        for process in others:
            process.start()
        try:
            result = work()
        except BaseException:
            self._barrier.abort()
            raise
        for process in others:
            process.join()
        return result

    def _member(self, rank, work):
        self.rank = rank
        try:
            work()
        except BaseException:
            traceback.print_exc()
            self._barrier.abort()
            sys.stderr.flush()
            os._exit(1)
