"""A response as bytes.

https://www.rfc-editor.org/rfc/rfc9112#section-4
"""

from typing import Final

from exchange.http.head import STATUS_LINES, response_head
from exchange.interactions.request import CONTENT_TYPE, VARY, Response, http_date


def rendered(response: Response, date: str, keep_alive: bool) -> tuple[bytes, bool]:
    """Its head, and whether the connection stays open; `date` is the Date header's line."""
    special = response.headers or response.location or response.content_type
    if keep_alive and response.status == 200 and response.body and not special:
        if response.updated:
            return _rendered_read(response, date), True
        if response.version is None:
            return f"{_OK}{date}{_READ}{len(response.body)}\r\n\r\n".encode(), True
    headers = list(response.http_headers())
    if response.body or response.content_type:
        headers.append(("Content-Type", response.media))
    if response.status not in (204, 304):
        headers.append(("Content-Length", str(len(response.body))))
    if _CLOSE in headers:
        keep_alive = False
    elif not keep_alive:
        headers.append(_CLOSE)
    return response_head(response.status, headers, date), keep_alive


def _rendered_read(response: Response, date: str) -> bytes:
    """The same for most answers, in a third of the time."""
    assert response.updated is not None
    return (
        f'{_OK}{date}etag: W/"{response.version}"\r\nlast-modified: {http_date(response.updated)}\r\n'
        f"{_READ}{len(response.body)}\r\n\r\n"
    ).encode()


_OK: Final = STATUS_LINES[200]
_READ: Final = f"vary: {VARY[1]}\r\ncontent-type: {CONTENT_TYPE[1]}\r\ncontent-length: "
_CLOSE: Final = ("Connection", "close")
