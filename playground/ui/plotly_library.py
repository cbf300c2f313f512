"""Where the browser finds plotly's JavaScript: the file that the plotly wheel brought, served by Streamlit itself."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import shutil
from functools import cache
from pathlib import Path

from streamlit.components.v2.get_bidi_component_manager import get_bidi_component_manager

_FILE = "plotly.min.js"
_PACKAGE, _COMPONENT = "playground", "plotly"
_STATIC_FOLDER = Path(__file__).parents[2] / "static"


def library_file() -> Path:
    """The plotly.min.js inside the installed plotly wheel."""
    found = importlib.util.find_spec("plotly")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("plotly is not installed")
    return Path(found.origin).parent / "package_data" / _FILE


def with_plotly(script: Path) -> str:
    """A component's script, and before it `loadPlotly(address)`: a promise of the library."""
    return "\n".join(part.read_text(encoding="utf-8") for part in (Path(__file__).with_suffix(".js"), script))


def library_address() -> str:
    """The address of plotly.min.js, relative to the page; ends in the version, so that no browser keeps an old one.

    Streamlit serves the asset folders of installed components; the wheel's folder is announced as one. So nothing is
    copied, and nothing need be writable. Where that door is closed (another version of Streamlit), the file is
    copied into `static/`, which `server.enableStaticServing` serves.
    """
    version = _version()
    try:
        _announce_wheel(version)
        return f"_stcore/bidi-components/{_PACKAGE}.{_COMPONENT}/{_FILE}?v={version}"
    except (ImportError, AttributeError, TypeError):
        return f"app/static/{_copy_to(_STATIC_FOLDER, version)}"


@cache
def _version() -> str:
    return importlib.metadata.version("plotly")  # it reads the wheel's files, and every tick asks


def _announce_wheel(version: str) -> None:
    from streamlit.components.v2.manifest_scanner import ComponentConfig, ComponentManifest

    manager = get_bidi_component_manager()
    if manager.get_component_path(f"{_PACKAGE}.{_COMPONENT}") is None:
        folder = library_file().parent
        manifest = ComponentManifest(_PACKAGE, version, [ComponentConfig(_COMPONENT, folder.name)])
        manager.register_from_manifest(manifest, folder.parent)


def _copy_to(folder: Path, version: str) -> str:
    target = folder / f"plotly-{version}.min.js"
    if not target.exists():
        folder.mkdir(exist_ok=True)
        shutil.copyfile(library_file(), target)
    return target.name
