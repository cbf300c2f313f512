"""Where runs are kept: how much room they take, the bin, all of them as one zip, and a zip from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import streamlit as st

from playground import settings
from playground.errors import PlaygroundError
from playground.store.archive import Imported, read_archive, write_archive
from playground.ui import runs_actions, session
from playground.ui.runs_rows import RunRow, local_now, megabytes, plain
from playground.ui.runs_table import zone

_UPLOAD = "runs_upload"
FLUSH_SECONDS = 2.0
PROBLEMS_SHOWN = 8


def store_problem(unread: str) -> None:
    """While the database cannot be written, or read: what happens, and that nothing is lost meanwhile.

    Args:
        unread: why the runs could not be read just now; empty when they could.
    """
    problem = session.store().problem or unread
    if problem:
        st.warning(
            f"{problem} Training goes on, and nothing is lost as long as this server runs: "
            "what happens meanwhile is stored as soon as that works again.",
            icon=":material/database_off:",
        )


def storage_view(rows: Sequence[RunRow]) -> None:
    """Room, bin, download and upload, in one line. Nothing without runs: then the page offers what there is to do."""
    used, in_bin = _stored()
    if not rows and not in_bin:
        return
    with st.container(horizontal=True, vertical_alignment="center", key="runs_storage", width="content"):
        st.caption(
            f"{_count(len(rows))} · **{megabytes(used)}** on this server",
            width="content",
            help="All that is kept of your runs: curves, saved states and weights; those in the bin too.",
        )
        if rows:
            zip_button("Download all", rows, "runs.zip.all")
            with st.popover("Import", icon=":material/upload:"):
                import_view()
        if in_bin:
            with st.popover(f"Bin ({len(in_bin)})", icon=":material/delete:"):
                _bin(in_bin)


def zip_button(label: str, rows: Sequence[RunRow], key: str) -> None:
    """A zip of these runs. It is put together after the click, apart from the page.

    The saved moments are left out when they would make it larger than an import may be.
    """
    store, run_ids = session.store(), [row.id for row in rows]
    limit = settings.number("max_import_mb")
    whole = sum(row.stored_bytes for row in rows) <= limit * 1_000_000
    words = "One zip with settings, curves, notes and weights. Import it on any other playground."
    if not whole:
        words += f" Without the time machine's saved moments: with them it would have more than {limit} MB."

    def made() -> bytes:
        store.flush(FLUSH_SECONDS)
        return write_archive(store, run_ids, checkpoints=whole)

    st.download_button(
        label,
        made,
        file_name=f"playground-runs-{_today():%Y-%m-%d}.zip",
        mime="application/zip",
        icon=":material/folder_zip:",
        on_click="ignore",
        key=key,
        help=words,
    )


def import_view() -> None:
    """A zip from another playground, or from here."""
    limit = settings.number("max_import_mb")
    revision = st.session_state.get(_UPLOAD, 0)
    uploaded = st.file_uploader(
        "A zip of runs that was downloaded from a playground",
        type="zip",
        max_upload_size=limit,
        key=f"{_UPLOAD}.{revision}",
        help=f"At most {limit} MB, unpacked. Runs that are here already are left as they are.",
    )
    if uploaded is None:
        return
    try:
        with st.spinner("Reading the zip…"):
            imported = read_archive(session.store(), uploaded.getvalue(), session.visitor())
    except PlaygroundError as problem:
        st.error(str(problem), icon=":material/error:")
        return
    st.session_state[_UPLOAD] = revision + 1  # an empty field, so that the same file is not read again
    runs_actions.say(imported_words(imported))
    st.rerun()


def imported_words(imported: Imported) -> str:
    """What came of an import: "12 runs added, 1 already there."; and each file that could not be taken."""
    said = [f"{_count(len(imported.added))} added"]
    if imported.skipped:
        said.append(f"{len(imported.skipped)} already there")
    words = ", ".join(said) + "."
    if imported.problems:
        left = len(imported.problems) - PROBLEMS_SHOWN
        lines = [*imported.problems[:PROBLEMS_SHOWN], *([f"… and {left} more"] if left > 0 else [])]
        words += " Not everything could be taken:\n" + "\n".join(f"- {plain(line)}" for line in lines)
    return words


def _bin(in_bin: Sequence[tuple[str, str]]) -> None:
    """What was deleted, as long as the server keeps it."""
    ids = [run_id for run_id, _ in in_bin]
    names = [name.partition(" · ")[0] for _, name in in_bin[:PROBLEMS_SHOWN]]
    st.text(", ".join(names) + (" …" if len(in_bin) > len(names) else ""))
    st.button("Put all back", icon=":material/undo:", on_click=runs_actions.restore, args=(ids,), key="bin.restore")
    st.button(
        "Delete for good",
        icon=":material/delete_forever:",
        on_click=runs_actions.forget,
        args=(ids,),
        key="bin.empty",
        help="This cannot be undone.",
    )


def _stored() -> tuple[int, list[tuple[str, str]]]:
    """Bytes used, and the runs in the bin as (id, name); nothing while the store cannot be read."""
    try:
        owner = session.visitor()
        used = session.store().storage_bytes(owner)
        return used, [(run.id, run.name) for run in session.store().runs(owner, deleted=True)]
    except PlaygroundError:
        return 0, []


def _count(number: int) -> str:
    return "1 run" if number == 1 else f"{number:,} runs"


def _today() -> datetime:
    return local_now(zone())
