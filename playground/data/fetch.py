"""One file from the network: mirrors in turn, retries with growing pauses, resumed where it broke off, verified."""

from __future__ import annotations

import http
import http.client
import os
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from playground.data.disk import part_path
from playground.data.idx import file_md5
from playground.errors import PlaygroundError

_CHUNK = 1 << 16
_USER_AGENT = "neural-network-playground"
# "Not now", or not from where the last transfer broke off; every other 4xx will be the same next time.
_TEMPORARY_CODES = {408, 416, 425, 429}


@dataclass(frozen=True)
class Patience:
    """How long a download keeps trying.

    Attributes:
        attempts: rounds over all mirrors.
        timeout_seconds: longest wait for a connection, and for the next bytes.
        backoff_seconds: pause before the second round; it doubles before each later one.
    """

    attempts: int = 3
    timeout_seconds: float = 10.0
    backoff_seconds: float = 1.0


class _TransferFailed(Exception):
    """One mirror did not deliver. `final`: asking it again is of no use. `wrong_file`: it delivered something else."""

    def __init__(self, reason: str, final: bool = False, wrong_file: bool = False) -> None:
        super().__init__(reason)
        self.final = final
        self.wrong_file = wrong_file


def fetch(
    urls: Sequence[str],
    target: Path,
    md5: str | None,
    report: Callable[[int, int | None], None],
    patience: Patience,
) -> None:
    """Download `target` from the first of `urls` that delivers it with the right checksum.

    What arrives is written to a file beside `target`, which takes its place only when it is complete and verified. A
    transfer that broke off goes on where it stopped, also from the next mirror; a wrong checksum starts it anew.

    Args:
        report: called with (bytes here, bytes in all or None) as they arrive.

    Raises:
        PlaygroundError: no mirror delivered; each is named with its reason.
        OSError: the file could not be written.
    """
    part = part_path(target)
    usable, failures = list(urls), dict[str, _TransferFailed]()
    try:
        for attempt in range(patience.attempts):
            if attempt:
                time.sleep(patience.backoff_seconds * 2 ** (attempt - 1))
            for url in list(usable):
                try:
                    _transfer(url, part, report, patience.timeout_seconds)
                    _verify(part, md5)
                except _TransferFailed as failure:
                    # Once may be an accident of the line, or of a resumed transfer; twice is another file.
                    wrong_again = failure.wrong_file and url in failures and failures[url].wrong_file
                    failures[url] = failure
                    if failure.final or wrong_again:
                        usable.remove(url)
                else:
                    os.replace(part, target)
                    return
            if not usable:
                break
    finally:
        part.unlink(missing_ok=True)
    raise _nothing_delivered(target.name, failures)


def _transfer(url: str, part: Path, report: Callable[[int, int | None], None], timeout: float) -> None:
    """Append what is missing of `part`, or write it from its beginning when the mirror cannot resume."""
    have = part.stat().st_size if part.exists() else 0
    try:
        if urllib.parse.urlsplit(url).scheme not in ("http", "https"):
            raise _TransferFailed("not an http address", final=True)
        request = urllib.request.Request(url, headers={"User-Agent": _USER_AGENT})
        if have:
            request.add_header("Range", f"bytes={have}-")
        response = urllib.request.urlopen(request, timeout=timeout)
    except urllib.error.HTTPError as error:
        if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            part.unlink(missing_ok=True)
        final = 400 <= error.code < 500 and error.code not in _TEMPORARY_CODES
        raise _TransferFailed(f"HTTP {error.code} {error.reason}", final) from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise _TransferFailed(_reason(error)) from error
    with response:
        if not response.headers.get("Content-Range", "").startswith(f"bytes {have}-"):
            have = 0
        length = response.headers.get("Content-Length", "")
        total = have + int(length) if length.isdigit() else None
        with open(part, "ab" if have else "wb") as stream:
            while chunk := _next_chunk(response):
                stream.write(chunk)
                have += len(chunk)
                report(have, total)
    # http.client ends a body that was cut short like any other.
    if total is not None and have < total:
        raise _TransferFailed(f"the connection ended after {have:,} of {total:,} bytes")


def _verify(part: Path, md5: str | None) -> None:
    found = file_md5(part)
    if md5 is not None and found != md5:
        part.unlink()
        raise _TransferFailed(f"wrong checksum: {found}, expected {md5}", wrong_file=True)


def _next_chunk(response: http.client.HTTPResponse) -> bytes:
    try:
        return response.read1(_CHUNK)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise _TransferFailed(_reason(error)) from error


def _reason(error: Exception) -> str:
    inner = getattr(error, "reason", error)
    if isinstance(inner, TimeoutError):
        return "no answer in time"
    return getattr(inner, "strerror", None) or str(inner) or type(inner).__name__


def _nothing_delivered(name: str, failures: dict[str, _TransferFailed]) -> PlaygroundError:
    tried = "; ".join(f"{url} ({failure})" for url, failure in failures.items())
    if any(failure.wrong_file for failure in failures.values()):
        what = f"The file {name} was downloaded, but it is not the one that was published; it was thrown away."
        mend = "Try again; if it stays, something between you and the mirror changes the file."
    else:
        what = f"The file {name} could not be downloaded."
        mend = "Check the network connection and try again; the 5,000-image sample needs none."
    return PlaygroundError(what, f"Tried: {tried}.", mend)
