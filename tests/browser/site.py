"""The web face in this process, behind a threaded server: fast to start, without telephones.

For journeys of pages. Those of calls go through the whole product (tests/e2e/town.py).
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.browser.visit import Visit
from tests.queue.parts import Valkey
from tests.webapp import desk as desks
from tests.webapp.desk import Desk


class _Quiet(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """The visit's complaints tell more."""


@dataclass
class Site:
    """A desk that browsers can reach at `url`."""

    desk: Desk
    url: str

    async def bring(self, here: Visit, client: FlaskClient) -> None:
        """Give the visitor the session of a test client that has signed in."""
        cookie = client.get_cookie("ringback")
        assert cookie is not None, "nobody is signed in"
        await here.context.add_cookies([{"name": "ringback", "value": cookie.value, "url": self.url}])


@contextmanager
def site(*, with_valkey: bool = False, **sections: Any) -> Iterator[Site]:
    """Nobody in it; `sections` replace those of the desk's configuration."""
    with desks.desk(**sections) as desk:
        valkey = Valkey(desk.config)
        if with_valkey:
            valkey.start()
        server = make_server("127.0.0.1", 0, desk.app, threaded=True, request_handler=_Quiet)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield Site(desk, f"http://127.0.0.1:{server.port}")
        finally:
            desk.app.extensions["ringback"].closing.set()  # ends the event streams
            server.shutdown()
            thread.join()
            server.server_close()
            desk.app.extensions["ringback.ears"].stop()
            valkey.stop()
