"""A small server that hands out one file, well or badly."""

import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PIECE = 4096
_CODES = {"missing": 404, "closed": 403, "crowded": 429, "failing": 503}


class WeightsServer(ThreadingHTTPServer):
    """Serves `content` at every address. `modes` holds one mode a request, the last one for all further requests."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, content):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.content = content
        self.modes = ["good"]
        self.requests = []
        self.seconds_a_piece = 0.0

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"

    def next_mode(self):
        return self.modes.pop(0) if len(self.modes) > 1 else self.modes[0]


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        server, mode = self.server, self.server.next_mode()
        start = self._start(mode)
        server.requests.append((self.path, start))
        if mode in _CODES:
            self.send_error(_CODES[mode])
            return
        content = b"wrong" * (len(server.content) // 5) if mode == "wrong" else server.content
        self._send_head(content, start)
        self._send_body(content[start:], mode)

    def log_message(self, *_):
        pass

    def _start(self, mode):
        asked = self.headers.get("Range", "bytes=0-")
        return 0 if mode == "no ranges" else int(asked.removeprefix("bytes=").removesuffix("-"))

    def _send_head(self, content, start):
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()

    def _send_body(self, body, mode):
        limit = len(body) // 2 if mode in ("truncated", "stalled") else len(body)
        for at in range(0, limit, PIECE):
            try:
                self.wfile.write(body[at : min(at + PIECE, limit)])
            except OSError:
                return
            time.sleep(self.server.seconds_a_piece)
        if mode == "stalled":
            self.wfile.flush()
            time.sleep(3)
        self.close_connection = True


@contextmanager
def serving(content):
    server = WeightsServer(content)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
