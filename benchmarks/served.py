"""The app's server, with a door for the bench: `python benchmarks/served.py PORT DOOR`.

The app is the real one, unchanged. Beside it a thread answers questions on the socket DOOR, one JSON object a line:
how far a run is, and how much processor time the server has used. Times are `time.monotonic()`, which all processes of a
computer share.
"""

from __future__ import annotations

import json
import os
import socketserver
import sys
import threading
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
POLL_SECONDS = 0.002
OWNER = "bench"


def answer(question: dict[str, Any]) -> dict[str, Any]:
    """What the bench wants to know."""
    # The service is the app's own: `st.cache_resource` gives every thread the same one.
    from playground.spec import RunSpec
    from playground.ui import session

    service = session.service()
    what = question["ask"]
    if what == "submit":
        return {"run": service.submit(RunSpec.from_json(question["spec"]), OWNER)}
    if what == "mark":
        return mark(service, question["run"])
    if what == "wait":
        return wait(service, question["run"], question["statuses"], question["seconds"])
    if what == "stop":
        service.stop(question["run"])
        return {}
    if what == "forget":
        service.forget(question["run"])
        return {}
    if what == "warm":
        service.warm(question["dataset"])
        return {}
    assert what == "processes"
    return {"seconds": time.process_time(), "server": os.getpid(), "workers": list(service.worker_pids())}


def mark(service: Any, run: str) -> dict[str, Any]:
    """Waits for news of a run, and tells how many images it had learned from at that moment: news come as they happen."""
    from playground.training.events import BatchesEnded

    _, cursor = service.events_since(run, 0)
    while service.info(run).is_active:
        events, cursor = service.events_since(run, cursor)
        batches = [event for event in events if isinstance(event, BatchesEnded)]
        if batches:
            return {"time": time.monotonic(), "images": batches[-1].images, "step": batches[-1].step}
        time.sleep(POLL_SECONDS)
    return {"time": time.monotonic(), "ended": service.info(run).status}


def wait(service: Any, run: str, statuses: list[str], seconds: float) -> dict[str, Any]:
    """Waits until the worker has told that the run has one of these statuses."""
    end = time.monotonic() + seconds
    while service.info(run).status not in statuses and time.monotonic() < end:
        time.sleep(POLL_SECONDS)
    return {"time": time.monotonic(), "status": service.info(run).status}


class Door(socketserver.StreamRequestHandler):
    """One connection of the bench."""

    def handle(self) -> None:
        for line in self.rfile:
            try:
                told = answer(json.loads(line))
            except Exception as error:  # the bench is to say what went wrong, and the server goes on
                told = {"error": f"{type(error).__name__}: {error}"}
            self.wfile.write(json.dumps(told).encode() + b"\n")


def main() -> None:
    port, door = sys.argv[1:]
    server = socketserver.ThreadingUnixStreamServer(door, Door)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()

    from streamlit.web import cli

    sys.argv = ["streamlit", "run", str(ROOT / "app.py"), f"--server.port={port}", "--server.address=127.0.0.1"]
    sys.argv += ["--server.headless=true", "--server.fileWatcherType=none", "--browser.gatherUsageStats=false"]
    cli.main(prog_name="streamlit")


if __name__ == "__main__":
    main()
