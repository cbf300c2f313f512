"""Share: the workbench as a link, a QR code or a file; and the maker of lesson links."""

from __future__ import annotations

from functools import lru_cache

import segno
import streamlit as st

from playground import data, settings
from playground.errors import PlaygroundError
from playground.export.weights import read_network
from playground.problems import WrongFields
from playground.spec import MAX_JSON_CHARACTERS, RunSpec
from playground.ui import address, draw_networks, loaded_networks, session
from playground.ui.lesson import lesson_link, require_allowed
from playground.ui.lesson_maker import lesson_maker

_STYLE = """<style>
.qr {margin: 0;}
.qr img {width: min(62vh, 80vw); background: #fff; border-radius: 6px;}
[role="dialog"] [data-testid="stCode"] > div {opacity: 1; visibility: visible;}
[role="dialog"] [data-testid="stCode"] code {display: block; padding-right: 2rem;}
</style>"""


def share() -> None:
    """The button, and the window behind it."""
    st.button("Share", icon=":material/link:", key="share", on_click=_open)
    notice = st.session_state.pop("shared_notice", None)
    if notice:
        st.toast(notice, icon=":material/check:")
    if st.session_state.get("sharing"):
        _window()


def _open() -> None:
    st.session_state["sharing"] = True
    st.session_state.pop("file_problem", None)


def _close() -> None:
    st.session_state.pop("sharing", None)


# Kept open by the session, not by the click: a run that ends meanwhile draws the page anew, and must not shut it.
@st.dialog("Share", width="large", on_dismiss=_close)
def _window() -> None:
    if not st.session_state.get("sharing"):
        st.rerun()
    st.html(_STYLE)
    link, file, lesson = st.tabs([":material/qr_code: Link", ":material/draft: File", ":material/school: Lesson"])
    with link:
        show_link(
            address.link(spec=session.run_spec().to_link(), lesson=lesson_link()),
            "**Scan or copy.** Opens the network on the workbench with all its settings, for whoever can reach this server.",
        )
    with file:
        _files()
    with lesson:
        lesson_maker(show_link)


def show_link(link: str, words: str) -> None:
    """A link to copy, and as a QR code for the classroom's screen."""
    with st.container(horizontal=True, gap="medium"):
        with st.container(width="content"):
            try:
                st.html(f'<p class="qr"><img src="{qr_code(link)}" alt="QR code of the link"></p>', width="content")
            except ValueError:  # 2,953 letters are the most that a QR code holds
                st.caption("This link is too long for a QR code. Copy it instead.")
        with st.container(width="stretch"):
            st.markdown(words)
            st.code(link, language=None, wrap_lines=True)
            if any(link.startswith(f"http://{host}") for host in ("localhost", "127.0.0.1", "[::1]")):
                st.caption(
                    ":material/info: This address is known to this computer alone. For others, open the playground by this "
                    "computer's address in your network, and share from there."
                )


@lru_cache(maxsize=64)
def qr_code(link: str) -> str:
    """A link as a QR code: an SVG image as a data URI, black on white with the quiet zone that readers need.

    Raises:
        ValueError: the link is too long for a QR code.
    """
    code = segno.make(link, error="l", micro=False)
    image: str = code.svg_data_uri(border=4, dark="#000", light="#fff", scale=10, omitsize=True, svgclass=None, lineclass=None)
    # Sharp edges: a blurred seam between two rows of squares confuses readers.
    return image.replace("%3Csvg ", "%3Csvg shape-rendering='crispEdges' ", 1)


def _files() -> None:
    spec = session.run_spec()
    st.markdown("**Keep it.** A small file with every setting of the network on the workbench, for later or for somebody else.")
    st.download_button(
        "Download the settings",
        spec.to_json(indent=1),
        file_name="network-settings.json",
        mime="application/json",
        icon=":material/download:",
        on_click="ignore",
    )
    st.markdown(
        "**Open one.** A settings file (.json) takes the place of the network on the workbench. A trained network "
        "(.safetensors) does so too, and can read your drawings during this visit."
    )
    key = f"spec-file.{session.form_revision()}"
    st.file_uploader(
        "Settings or network file",
        type=["json", "safetensors"],
        key=key,
        on_change=_take,
        args=(key,),
        max_upload_size=settings.number("max_upload_mb"),
        label_visibility="collapsed",
    )
    problem: PlaygroundError | None = st.session_state.get("file_problem")
    if isinstance(problem, WrongFields):
        lines = "\n".join(f"- {line}" for line in problem.lines)
        st.error(f"This file cannot be opened; your network is as it was.\n\n{lines}", icon=":material/error:")
    elif problem is not None:
        st.error(f"{problem} Your network is as it was.", icon=":material/error:")


def _take(key: str) -> None:
    file = st.session_state.get(key)
    st.session_state.pop("file_problem", None)
    if file is None:
        return
    try:
        network = read_network(file.getvalue()) if file.name.lower().endswith(".safetensors") else None
        run = network.run if network else read_settings(file.getvalue())
        data.source(run.dataset)
        require_allowed(run)
    except PlaygroundError as problem:
        st.session_state["file_problem"] = problem
        return
    session.replace_run_spec(run)
    st.session_state["shared_notice"] = f"The network of “{file.name}” is on the workbench now."
    if network and data.source(run.dataset).is_images:
        loaded_networks.keep(file.name, network)
        draw_networks.prefer_saved()
        st.session_state["shared_notice"] = f"“{file.name}” is on the workbench, and reads drawings on the page Draw."
    _close()


def read_settings(content: bytes) -> RunSpec:
    """The run in an uploaded file.

    Raises:
        PlaygroundError: it is too large, no text, or no such JSON; wrong fields are all named.
    """
    if len(content) > 4 * MAX_JSON_CHARACTERS:
        raise PlaygroundError(
            f"The file has {len(content):,} bytes.", f"At most {4 * MAX_JSON_CHARACTERS:,} are read.", "Choose another file."
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise PlaygroundError(
            "This file is no text.", "A settings file of this playground was expected.", "Choose another file."
        ) from None
    return RunSpec.from_json(text)
