"""How cores are shared between runs."""

import os

import pytest

from suite.catalog.folder import read_catalog
from suite.runtime.share import Share, share

PROVIDERS = read_catalog().providers


@pytest.mark.parametrize(
    ("threads", "expected"),
    [(1, Share(1, 1)), (2, Share(2, 1)), (4, Share(4, 1)), (8, Share(4, 2)), (64, Share(4, 16))],
)
def test_the_cpu_runs_some_batches_at_a_time_and_uses_no_more_than_its_threads(
    threads: int, expected: Share
) -> None:
    found = share(PROVIDERS["cpu"], threads)
    assert found == expected
    assert found.runs * found.threads <= threads


def test_no_number_of_threads_is_every_core_that_the_process_may_use(monkeypatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 3, 5}, raising=False)
    assert share(PROVIDERS["cpu"], 0) == Share(3, 1)


@pytest.mark.parametrize("provider", ["cuda", "openvino"])
def test_other_providers_share_themselves(provider: str) -> None:
    assert share(PROVIDERS[provider], 0) == Share(1, 0)
    assert share(PROVIDERS[provider], 6) == Share(1, 6)
