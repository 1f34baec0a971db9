"""An HTTP server, with TLS or without, that answers as a test says, also wrongly."""

import dataclasses
import http.server
import socket
import ssl
import threading
import time

HANG_LIMIT_S = 30


@dataclasses.dataclass
class Request:
    method: str
    path: str
    headers: dict  # names in lower case
    body: bytes
    at: float


@dataclasses.dataclass
class Reply:
    """What goes out. With `cut` only so many bytes of the body do, then the line drops."""
    status: int = 200
    body: bytes = b""
    headers: dict = dataclasses.field(default_factory=dict)
    cut: int | None = None


DROP = "drop"  # closes the line after the request was read
HANG = "hang"  # answers nothing until the server ends


class HttpStub:
    """on_request: a function of the request that gives a Reply, DROP or HANG. Runs in threads of the
    server."""

    def __init__(self, on_request, certificate=None, key=None):
        self.on_request = on_request
        self.requests, self.connections = [], 0
        self.lock, self.released = threading.Lock(), threading.Event()
        self.tls = None
        if certificate:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(certificate, key)
        self.server = _Server(self)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05})
        self.thread.start()

    def url(self, path="/", host="127.0.0.1"):
        return f"{'https' if self.tls else 'http'}://{host}:{self.port}{path}"

    def taken(self):
        """The requests since the last call."""
        with self.lock:
            taken, self.requests = self.requests, []
        return taken

    def close(self):
        self.released.set()
        self.server.shutdown()
        self.server.drop_all()
        self.server.server_close()
        self.thread.join()


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, stub):
        self.stub, self.open = stub, set()
        super().__init__(("127.0.0.1", 0), _Handler)

    def process_request(self, request, client_address):
        with self.stub.lock:
            self.stub.connections += 1
            self.open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request):
        with self.stub.lock:
            self.open.discard(request)
        super().shutdown_request(request)

    def drop_all(self):
        with self.stub.lock:
            still_open = list(self.open)
        for line in still_open:
            try:
                line.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it ended by itself

    def handle_error(self, request, client_address):
        pass  # lines drop: that is what is tested


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self):
        if self.server.stub.tls:
            self.plain = self.request
            self.request = self.server.stub.tls.wrap_socket(self.request, server_side=True)
        super().setup()

    def finish(self):
        super().finish()
        if self.server.stub.tls:
            self.request.close()

    def log_message(self, *_):
        pass

    def _serve(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        request = Request(self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body,
                          time.time())
        stub = self.server.stub
        with stub.lock:
            stub.requests.append(request)
        reply = stub.on_request(request)
        if reply == HANG:
            stub.released.wait(HANG_LIMIT_S)
        if reply in (DROP, HANG):
            self.close_connection = True
            return
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body[:reply.cut])
        if reply.cut is not None:
            self.close_connection = True

    do_GET = do_POST = _serve
