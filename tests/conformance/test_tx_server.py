"""The judge's client of terminology services, over a real socket."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from conformance.tx import NotOffered
from conformance.tx_server import Server


class Echo(BaseHTTPRequestHandler):
    """Says how it was asked."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        said = f"{self.path} {self.headers['Accept-Language']} {self.headers['Authorization']}"
        self._tell(422, said)

    def do_GET(self) -> None:
        self._tell(200, self.path)

    def _tell(self, status: int, said: str) -> None:
        body = json.dumps({"said": said}).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def base() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Echo)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/fhir"
    server.shutdown()
    thread.join()
    server.server_close()


def test_operations_go_to_their_paths(base: str) -> None:
    with Server(base, "secret") as server:
        reply = server.answer("expand", {"resourceType": "Parameters"}, "de")
        assert (reply.status, reply.resource) == (422, {"said": "/fhir/ValueSet/$expand de Bearer secret"})
        assert server.answer("term-caps", {}, "").resource == {"said": "/fhir/metadata?mode=terminology"}
        with pytest.raises(NotOffered):
            server.answer("closure", {}, "")
