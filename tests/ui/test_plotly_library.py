"""Where the browser gets plotly's JavaScript from."""

from __future__ import annotations

from pathlib import Path

import plotly
import pytest

from playground.ui import plotly_library


def test_the_library_is_the_one_that_the_installed_wheel_brought() -> None:
    file = plotly_library.library_file()
    assert file.parent.parent == Path(plotly.__file__).parent
    assert b"plotly.js" in file.read_bytes()[:200]


def test_the_address_ends_in_the_version_so_that_no_browser_keeps_an_old_copy() -> None:
    assert plotly_library.library_address().endswith(f"plotly.min.js?v={plotly.__version__}")


def test_where_streamlit_has_no_door_for_it_the_library_is_copied_for_static_serving(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed() -> None:
        raise AttributeError("another version of Streamlit")

    monkeypatch.setattr(plotly_library, "get_bidi_component_manager", closed)
    monkeypatch.setattr(plotly_library, "_STATIC_FOLDER", tmp_path / "static")
    address = plotly_library.library_address()
    copied = tmp_path / "static" / address.removeprefix("app/static/")
    assert copied.read_bytes() == plotly_library.library_file().read_bytes()
    assert plotly_library.library_address() == address
