"""Work on several things at once, with the results in order."""

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Thing = TypeVar("Thing")
Result = TypeVar("Result")


def in_order(
    work: Callable[[Thing], Result], things: Iterable[Thing], threads: int, *, ahead: int
) -> Generator[Result, None, None]:
    """The result of each thing in the order of things, made by so many threads.

    What is raised for a thing is raised in its turn, so that of several the first is; what was not
    begun then never is. So many things are begun ``ahead`` of the one whose result is waited for
    and no more, so that their results take bounded memory. Things are taken by the caller's thread.
    """
    waiting: deque[Future[Result]] = deque()
    pool = ThreadPoolExecutor(max_workers=threads, thread_name_prefix="in-order")
    try:
        for thing in things:
            waiting.append(pool.submit(work, thing))
            if len(waiting) > ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
