"""What a closed tab was waiting for is dropped."""

from __future__ import annotations

from playground.jobs import JobService
from playground.ui.closed_tabs import SWEEPS_ALLOWED, ClosedTabs

NEVER_ENDS = "tests.jobs.task_functions:never_ends"


def test_the_work_for_a_closed_tab_is_cancelled_and_that_of_an_open_one_goes_on(service: JobService) -> None:
    open_tabs = {"ann's", "bob's"}
    tabs = ClosedTabs(service, lambda tab: tab in open_tabs)
    anns, bobs = (service.start_task(NEVER_ENDS, {}, owner) for owner in ("ann", "bob"))
    try:
        tabs.watch(anns, "ann's")
        tabs.watch(bobs, "bob's")
        for _ in range(SWEEPS_ALLOWED + 2):
            tabs.sweep()
        assert service.task(anns).is_active and service.task(bobs).is_active
        open_tabs.remove("ann's")
        for _ in range(SWEEPS_ALLOWED + 1):
            tabs.sweep()
        assert service.task(anns).status == "cancelled"
        assert service.task(bobs).is_active
    finally:
        for task_id in (anns, bobs):
            service.cancel_task(task_id)


def test_a_tab_that_lost_its_connection_for_a_moment_keeps_its_work(service: JobService) -> None:
    connected = True
    tabs = ClosedTabs(service, lambda tab: connected)
    task_id = service.start_task(NEVER_ENDS, {}, "ann")
    try:
        tabs.watch(task_id, "ann's")
        for _ in range(3):
            connected = False
            for _ in range(SWEEPS_ALLOWED):
                tabs.sweep()
            connected = True
            tabs.sweep()
        assert service.task(task_id).is_active
    finally:
        service.cancel_task(task_id)


def test_a_task_that_the_server_has_forgotten_is_forgotten_here_too(service: JobService) -> None:
    asked = []
    tabs = ClosedTabs(service, lambda tab: bool(asked.append(tab)))
    tabs.watch("a task of long ago", "ann's")
    for _ in range(3):
        tabs.sweep()
    assert asked == ["ann's"], "nothing is left to look after"
