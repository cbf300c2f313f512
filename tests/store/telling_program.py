"""Tells a store of a run as fast as a real one does, until it is killed: one batch after another, every tenth ends an epoch.

Arguments: the store's URL and the run's id. Before each batch is told, its number and the time are written out.
"""

import sys
import time

from stories import SPEC_JSON

from playground.store import Origin, Store
from playground.training.events import BatchesEnded, EpochEnded

store = Store(sys.argv[1])
run_id = sys.argv[2]
store.add(run_id, "me", 1, "name", SPEC_JSON, 1.0, Origin())
for step in range(1, 1_000_000):
    sys.stdout.write(f"{step} {time.monotonic()}\n")
    sys.stdout.flush()
    store.events(run_id, [BatchesEnded(step, step / 10, (1 / step,), (0.5,), 0.1, step, step / 7)], SPEC_JSON, True)
    if step % 10 == 0:
        store.events(run_id, [EpochEnded(step // 10, step, 0.1, 0.2, 0.3, 0.4, 0.1, 1.0)], SPEC_JSON, True)
        store.checkpoint(run_id, step, step / 10, b"%d " % step * 10_000, keep=step % 20 == 0)
    time.sleep(0.004)
