"""Who is visiting: a secret name in a cookie, so that tomorrow's visit finds today's runs. It says nothing else of anybody."""

from __future__ import annotations

import re
import secrets

import streamlit as st

COOKIE = "playground_visitor"
_NAME = re.compile(r"[A-Za-z0-9_-]{16,64}")
_KEEP_SECONDS = 400 * 24 * 3600  # the longest that browsers allow

_mount = st.components.v2.component(
    "playground_visitor",
    js=f"""
export default function ({{ data }}) {{
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `{COOKIE}=${{data.name}}; path=/; max-age={_KEEP_SECONDS}; SameSite=Strict${{secure}}`;
}}
""",
)


def visitor() -> str:
    """This visitor's secret name; a new one for whoever comes for the first time, or keeps no cookies."""
    if "visitor" not in st.session_state:
        known = str(st.context.cookies.get(COOKIE, ""))
        st.session_state["visitor"] = known if _NAME.fullmatch(known) else secrets.token_urlsafe(16)
    return str(st.session_state["visitor"])


def remember_visitor() -> None:
    """Has the browser keep the name."""
    _mount(key="visitor_cookie", data={"name": visitor()})
