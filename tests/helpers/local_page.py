"""The local page of some projects on a free port, and a browser that has come in."""

import socket
import threading
import time
from contextlib import contextmanager

from assay.web.web_project import WebProject

TOKEN = "k" * 24


@contextmanager
def served(*folders):
    """The address of a page of these projects, with its key."""
    projects = [WebProject(folder) for folder in folders]
    with served_page(*projects) as (address, _):
        yield address, projects[0].id if projects else ""


@contextmanager
def served_page(*projects):
    """The address of a page of these projects, and its server."""
    import uvicorn

    from assay.web.app import app

    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        config = uvicorn.Config(app(projects, TOKEN), log_level="error", lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [found]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.02)
        try:
            yield f"http://127.0.0.1:{found.getsockname()[1]}/", server
        finally:
            server.should_exit = True
            thread.join(10)


def entered(chromium, address, **how):
    """A page that has come in, and all that it asked for or said."""
    page = chromium.new_context(**how).new_page()
    said: list[str] = []
    page.on("request", lambda one: None if one.url.startswith(address) else said.append(one.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.goto(f"{address}?token={TOKEN}")
    return page, said
