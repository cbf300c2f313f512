"""SIGKILL at any moment: what is found is what was told up to some moment, and that moment is not long ago."""

from __future__ import annotations

import os
import random
import sqlite3
import statistics
import subprocess
import sys
import time
from pathlib import Path

from playground.store import Store
from playground.training.events import CurveKept, EpochEnded

HERE = Path(__file__).parent


def kill_at_a_random_moment(url: str, run_id: str) -> dict[int, float]:
    """Runs the telling program for a while; returns when each batch was told, in seconds before the end."""
    environment = {**os.environ, "PYTHONPATH": f"{HERE.parent.parent}:{HERE}"}
    program = [sys.executable, HERE / "telling_program.py", url, run_id]
    process = subprocess.Popen(program, stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    first = process.stdout.readline()
    time.sleep(random.uniform(0.5, 2.5))
    process.kill()
    end = time.monotonic()
    rest = process.stdout.read()
    process.wait()
    told = [line.split() for line in (first + rest).splitlines() if line.count(" ") == 1 and line.count(".") == 1]
    return {int(step): end - float(at) for step, at in told[:-1]}  # the last line may be cut off


def test_what_is_found_after_a_kill_is_all_up_to_some_moment_of_the_last_second(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/playground.db"
    ages = []
    for number in range(4):
        run_id = f"run{number}"
        told = kill_at_a_random_moment(url, run_id)
        store = Store(url)
        run = store.run(run_id)
        assert run is not None and run.summary.step > 0
        step = run.summary.step

        *ended, curve = store.events_of(run_id)
        assert isinstance(curve, CurveKept)
        assert curve.steps == tuple(range(1, step + 1)) and curve.losses == tuple(1 / at for at in curve.steps)
        epochs = [event.epoch for event in ended if isinstance(event, EpochEnded)]
        assert epochs == list(range(1, len(epochs) + 1))
        latest = max((info.step for info in store.checkpoints(run_id)), default=0)
        # Told in this order: the batch, the end of its epoch, the checkpoint.
        before, now = (step - 1) // 10, step // 10
        assert (len(epochs), latest // 10) in {(before, before), (now, before), (now, now)}
        if latest:
            assert store.latest_checkpoint(run_id) == b"%d " % latest * 10_000
        store.close()
        ages.append(told.get(step + 1, 0.0))
    # A stall of the machine may make one of them older.
    assert statistics.median(ages) < 1.0, ages
    with sqlite3.connect(tmp_path / "playground.db") as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    connection.close()
