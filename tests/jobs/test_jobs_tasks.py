"""Long work other than training: progress, results, and what goes wrong."""

from __future__ import annotations

import logging

import psutil
import pytest
import torch

from playground.errors import PlaygroundError
from playground.jobs import JobService, TaskState
from tests.jobs.support import (
    a_run,
    all_events,
    assert_same_curves,
    events_alone,
    history,
    history_of,
    wait_for_end,
    wait_for_step,
    wait_until,
)

FUNCTIONS = "tests.jobs.task_functions"


def _wait(service: JobService, task_id: str) -> TaskState:
    wait_until(lambda: not service.task(task_id).is_active)
    return service.task(task_id)


def test_a_task_tells_its_progress_and_returns_its_result_beside_a_run(service: JobService) -> None:
    run = a_run(epochs=8)
    run_id = service.submit(run, "ann")
    numbers = torch.arange(2000.0)
    task_id = service.start_task(f"{FUNCTIONS}:sums", {"numbers": numbers}, "ann")
    state = _wait(service, task_id)
    assert state.status == "done" and state.error is None
    assert torch.equal(state.result, numbers.cumsum(0))
    assert state.progress is not None and state.progress.total == 2000
    wait_for_end(service, run_id)
    assert all_events(service, run_id) == events_alone(run)


def test_a_cancelled_task_ends_and_a_key_replaces_the_older_task(service: JobService) -> None:
    first = service.start_task(f"{FUNCTIONS}:never_ends", {}, "ann", key="confusion")
    wait_until(lambda: service.task(first).progress is not None)
    assert service.task(first).status == "running"
    second = service.start_task(f"{FUNCTIONS}:never_ends", {}, "ann", key="confusion")
    other = service.start_task(f"{FUNCTIONS}:never_ends", {}, "bob", key="confusion")
    assert service.task(first).status == "cancelled"
    wait_until(lambda: service.task(second).progress is not None and service.task(other).progress is not None)
    service.cancel_task(second)
    service.cancel_task(other)
    assert service.task(second).status == "cancelled"
    last = service.start_task(f"{FUNCTIONS}:sums", {"numbers": torch.ones(2)}, "ann", key="confusion")
    assert _wait(service, last).status == "done"


def test_a_refusal_in_a_task_comes_back_in_its_three_parts(service: JobService) -> None:
    state = _wait(service, service.start_task(f"{FUNCTIONS}:refuses", {}, "ann"))
    assert state.status == "failed" and isinstance(state.error, PlaygroundError)
    assert state.error.what == "This cannot be done."
    assert (state.error.expected, state.error.mend) == ("Something else was expected.", "Do that.")


def test_a_fault_in_a_task_is_logged_and_told_without_its_details(service: JobService, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR, "playground.jobs"):
        state = _wait(service, service.start_task(f"{FUNCTIONS}:breaks", {}, "ann"))
    assert state.status == "failed" and "secret-detail" not in str(state.error)
    assert "secret-detail" in caplog.text and "Traceback" in caplog.text


@pytest.mark.parametrize("function", ["os:abort", "playground_evil:run", "playground.errors:__init__", "playground"])
def test_nothing_but_functions_of_this_program_can_be_a_task(service: JobService, function: str) -> None:
    with pytest.raises(ValueError, match="not a function of"):
        service.start_task(function, {}, "ann")


def test_a_task_that_kills_its_worker_twice_is_failed_and_the_run_beside_it_goes_on(
    fragile_service: JobService,
) -> None:
    service = fragile_service
    run = a_run(epochs=6)
    run_id = service.submit(run, "ann")
    service.slow_motion(run_id, 40)
    wait_for_step(service, run_id, 20)
    first_pid = service.worker_pids()[0]
    state = _wait(service, service.start_task(f"{FUNCTIONS}:kills_its_worker", {}, "ann"))
    assert state.status == "failed" and "for the second time" in str(state.error)
    assert first_pid is not None and not psutil.pid_exists(first_pid)
    service.slow_motion(run_id, None)
    wait_for_end(service, run_id)
    assert len(history(service, run_id).rewinds) == 2
    assert_same_curves(history(service, run_id), history_of(events_alone(run)))
