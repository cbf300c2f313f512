"""A server to be killed: `python -m tests.jobs.server_program DATABASE EPOCHS`.

It trains one run, and tells its id and how far it is.
"""

from __future__ import annotations

import sys
import time

from playground.jobs import JobService
from playground.store.store import Store
from playground.training.history import History
from tests.jobs.support import a_run


def main() -> None:
    with JobService(workers=1, threads=1, store=Store(sys.argv[1])) as service:
        run_id = service.submit(a_run(epochs=int(sys.argv[2])), "ann")
        print(run_id, flush=True)
        history, cursor = History(), 0
        while True:
            events, cursor = service.events_since(run_id, cursor)
            history.fold(events)
            print(history.step, flush=True)
            time.sleep(0.02)


if __name__ == "__main__":
    main()
