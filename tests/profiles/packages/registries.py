"""A registry on loopback that speaks the NPM protocol."""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from profiles.generate import archive


class Shop:
    """`files` are answered by path: bytes, or the URL to be redirected to."""

    def __init__(self) -> None:
        self.files: dict[str, bytes | str] = {}
        self.asked: list[str] = []
        self.url = ""

    def sell(self, name: str, version: str, dependencies: dict[str, str], **dist: Any) -> None:
        """Adds a version; `dist` overrides what is said of its archive."""
        manifest = {"name": name, "version": version, "fhirVersions": ["4.0.1"], "dependencies": dependencies}
        content = archive({"package.json": json.dumps(manifest).encode()})
        path = f"/{name}/-/{version}.tgz"
        self.files[path] = content
        listing = json.loads(self.files.get(f"/{name}", b'{"versions": {}, "dist-tags": {}}'))
        said = {"tarball": self.url + path, "shasum": hashlib.sha1(content).hexdigest(), **dist}
        listing["versions"][version] = {"name": name, "dist": said}
        listing["dist-tags"]["latest"] = version
        self.files[f"/{name}"] = json.dumps(listing).encode()


@contextmanager
def registry() -> Iterator[Shop]:
    shop = Shop()

    class Answering(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            shop.asked.append(self.path)
            found = shop.files.get(self.path)
            if isinstance(found, str):
                self.send_response(302)
                self.send_header("Location", found)
                found = b""
            else:
                self.send_response(404 if found is None else 200)
            self.send_header("Content-Length", str(len(found or b"")))
            self.end_headers()
            self.wfile.write(found or b"")

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    shop.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield shop
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
