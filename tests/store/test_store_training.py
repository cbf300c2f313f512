"""The job service on each kind of database: a run is stored, found by the next server, and goes on."""

from __future__ import annotations

from playground.jobs import JobService
from playground.store import Store
from tests.jobs.support import (
    a_run,
    assert_same_curves,
    events_alone,
    history,
    history_of,
    wait_for_end,
    wait_for_status,
)


def test_a_run_goes_on_where_the_last_server_left_it(url: str) -> None:
    run = a_run(epochs=3)
    store = Store(url)
    with JobService(workers=1, threads=1, store=store) as service:
        run_id = service.submit(run, "ann", "epoch")
        wait_for_status(service, run_id, "paused")
        assert store.flush(60) and store.problem is None
    store.close()
    store = Store(url)
    with JobService(workers=1, threads=1, store=store) as service:
        assert [(info.id, info.status) for info in service.runs("ann")] == [(run_id, "interrupted")]
        service.resume(run_id)
        wait_for_end(service, run_id)
        assert store.flush(60)
        number = service.checkpoints(run_id)[1].number
        branch = service.branch(run_id, number, run, "ann")
        wait_for_end(service, branch)
        alone = history_of(events_alone(run))
        for name in (run_id, branch):
            assert_same_curves(history(service, name), alone)
            assert store.flush(60)
            assert_same_curves(history_of(store.events_of(name)), alone)
        service.kept.rename(branch, "The branch")
        service.kept.delete([run_id])
        assert [info.label for info in service.runs("ann")] == ["The branch"]
        service.forget(run_id)
        assert store.run(run_id) is None
    store.close()
