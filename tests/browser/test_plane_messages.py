"""What the server sends while the page "Points in the plane" ticks holds all that is drawn.

Streamlit can send "what you have already" instead. A browser throws away what a few ticks did not use, perhaps while such a
message is on its way to it: then the page stops with "Connection error".
"""

from __future__ import annotations

from conftest import OpenPage
from plane_in_browser import MAIN, open_plane, wait_for_epoch
from playwright.sync_api import WebSocket, expect
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg


def test_what_did_not_change_is_sent_whole(open_page: OpenPage, front_url: str) -> None:
    page = open_plane(open_page, f"{front_url}/Plane")
    kinds: list[str | None] = []

    def listen(socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: kinds.append(ForwardMsg.FromString(frame).WhichOneof("type")))

    page.on("websocket", listen)
    page.reload()
    page.wait_for_selector(".plane-view[data-drawings]")
    page.get_by_role("button", name="One epoch").click()
    wait_for_epoch(page, 1)
    expect(page.locator(MAIN)).to_contain_text("Go on")
    kinds.clear()
    while kinds.count("script_finished") < 3:  # what ticks while it is paused
        page.wait_for_timeout(200)
    assert "delta" in kinds
    assert "ref_hash" not in kinds
