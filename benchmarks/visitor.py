"""A visitor without a browser: speaks to the app over its websocket as Streamlit's own page does, and draws nothing.

Streamlit's protocol: the page sends a `BackMsg` for every run of the script, with the states of its widgets; the server
answers with `ForwardMsg`s: elements, and requests to run a fragment again at an interval (`AutoRerun`).
"""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable
from types import TracebackType
from urllib.parse import parse_qs

import numpy as np
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.BidiComponent_pb2 import BidiComponent
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from playground.errors import PlaygroundError

WAIT_SECONDS = 30.0
CHART = "playground_live_chart"


class Visitor:
    """One open page; a context manager.

    Attributes:
        watching: while False, the page's clock stands still, as that of a closed page.
        ticks: how often a fragment was asked to run again.
        buttons: label -> id of the buttons that the page has shown last.
        drawn_at: when the first chart with a line in it came after `forget_chart`, in `time.monotonic()`; or None.
    """

    def __init__(self, url: str, query: str = "") -> None:
        self.watching = True
        self.ticks = 0
        self.buttons: dict[str, str] = {}
        self.drawn_at: float | None = None
        self._query = query
        self._page = ""
        self._fragments: dict[str, tuple[float, float]] = {}  # id -> interval, due
        self._finished = 0
        self._exception = ""
        self._changed = threading.Condition()
        address = url.replace("http://", "ws://") + "/_stcore/stream"
        self._socket = connect(address, subprotocols=["streamlit"], max_size=None, compression=None)  # type: ignore[list-item]
        self._closing = False
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def __enter__(self) -> Visitor:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._closing = True
        self._socket.close()
        self._thread.join(5)

    def load(self) -> None:
        """Runs the page's script once, and waits for its end."""
        before = self._finished
        self._rerun()
        self._until(lambda: self._finished > before, "its end")

    def click(self, label: str) -> float:
        """Presses the button with that label once it is there; returns when, in `time.monotonic()`."""
        self.wait_for_button(label)
        message = BackMsg()
        state = message.rerun_script.widget_states.widgets.add()
        state.id = self.buttons[label]
        state.trigger_value = True
        clicked = time.monotonic()
        self._send(message)
        return clicked

    def run_id(self) -> str:
        """The run that the page's address names; empty when there is none."""
        return parse_qs(self._query).get("run", [""])[0]

    def wait_for_button(self, label: str) -> None:
        self._until(lambda: label in self.buttons, f"the button {label!r}")

    def wait_for_chart(self) -> float:
        """Waits for a chart with a line in it; returns when it came."""
        self._until(lambda: self.drawn_at is not None, "a point on the curve")
        assert self.drawn_at is not None
        return self.drawn_at

    def forget_chart(self) -> None:
        self.drawn_at = None

    def _rerun(self, fragment: str = "") -> None:
        message = BackMsg()
        message.rerun_script.fragment_id = fragment
        message.rerun_script.is_auto_rerun = bool(fragment)
        self._send(message)

    def _send(self, message: BackMsg) -> None:
        state = message.rerun_script
        state.query_string, state.page_script_hash = self._query, self._page
        state.context_info.timezone = "UTC"
        state.context_info.locale = "en-US"
        self._socket.send(message.SerializeToString())

    def _listen(self) -> None:
        """Takes messages, and sends the reruns that are due in between."""
        try:
            while not self._closing:
                try:
                    data = self._socket.recv(timeout=self._until_due())
                except TimeoutError:
                    self._tick()
                    continue
                message = ForwardMsg()
                message.ParseFromString(data)  # type: ignore[arg-type]
                with self._changed:
                    self._take(message)
                    self._changed.notify_all()
        except ConnectionClosed:
            return

    def _until_due(self) -> float:
        due = min((due for _, due in self._fragments.values()), default=time.monotonic() + 0.1)
        return max(0.0, due - time.monotonic())

    def _tick(self) -> None:
        now = time.monotonic()
        for fragment, (interval, due) in self._fragments.items():
            if due <= now:
                # As `setInterval` does, which the page uses: no beat is made up for.
                self._fragments[fragment] = (interval, max(due + interval, now))
                if self.watching:
                    self.ticks += 1
                    self._rerun(fragment)

    def _take(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self._page = message.new_session.page_script_hash
            if not message.metadata.run.fragment_ids:
                self.buttons.clear()  # the whole page is sent anew
        elif kind == "page_info_changed":
            self._query = message.page_info_changed.query_string
        elif kind == "auto_rerun":
            known = self._fragments.get(message.auto_rerun.fragment_id)
            interval = message.auto_rerun.interval
            if known is None or known[0] != interval:
                self._fragments[message.auto_rerun.fragment_id] = (interval, time.monotonic() + interval)
        elif kind == "stop_auto_rerun":
            for fragment in message.stop_auto_rerun.fragment_ids:
                self._fragments.pop(fragment, None)
        elif kind == "script_finished":
            self._finished += 1
        elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            self._take_element(message)

    def _take_element(self, message: ForwardMsg) -> None:
        element = message.delta.new_element
        kind = element.WhichOneof("type")
        if kind == "button":
            label = element.button.label
            if not element.button.disabled:
                self.buttons[label] = element.button.id
            else:
                self.buttons.pop(label, None)
        elif kind == "exception":
            self._exception = f"{element.exception.type}: {element.exception.message}"
        elif kind == "bidi_component" and self.drawn_at is None and _has_line(element.bidi_component):
            self.drawn_at = time.monotonic()

    def _until(self, is_so: Callable[[], bool], what: str) -> None:
        with self._changed:
            if not self._changed.wait_for(is_so, WAIT_SECONDS):
                shown = self._exception or f"It shows the buttons {', '.join(self.buttons) or 'none'}."
                raise PlaygroundError(f"The page did not show {what} within {WAIT_SECONDS:g} s.", shown)


def _has_line(component: BidiComponent) -> bool:
    """Whether a live chart has a point on any curve; an empty one is sent as a point that is not a number."""
    if component.component_name != CHART or component.WhichOneof("data") != "json":
        return False
    heights = [base64.b64decode(trace["y"]["bdata"]) for trace in json.loads(component.json)["traces"]]
    return any(bool(np.isfinite(np.frombuffer(packed, "<f4")).any()) for packed in heights)
