"""A page in headless Chromium, spoken to over a pipe: what it logs, what scripts give, the pointer, the keyboard, pictures.

The protocol is the Chrome DevTools Protocol, messages of JSON that end with a zero byte, over file descriptors 3 and 4 of
the browser (`--remote-debugging-pipe`). So there is no port and no driver.
"""

import base64
import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time

FLAGS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage", "--hide-scrollbars",
    "--remote-debugging-pipe", "about:blank",
]


def chromium():
    """The browser of this machine, or None."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


class Page:
    """One page; `with` stops the browser whatever happens."""

    def __init__(self, width=1400, height=1000, dark=False):
        self.size, self.dark = (width, height), dark
        self.number, self.events, self.rest = 0, [], b""

    def __enter__(self):
        self.folder = tempfile.mkdtemp()
        commands, self.to = os.pipe()
        self.back, answers = os.pipe()
        # The browser wants them as 3 and 4; high numbers first, so that neither overwrites the other.
        commands_high, answers_high = (os.dup2(fd, high) for fd, high in ((commands, 103), (answers, 104)))

        def give():
            os.dup2(commands_high, 3)
            os.dup2(answers_high, 4)

        self.process = subprocess.Popen(
            [chromium(), f"--user-data-dir={self.folder}", *FLAGS], pass_fds=(3, 4, 103, 104), preexec_fn=give,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )
        for fd in (commands, answers, 103, 104):
            os.close(fd)
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")
        width, height = self.size
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        scheme = "dark" if self.dark else "light"
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        return self

    def __exit__(self, *_):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        os.close(self.to)
        os.close(self.back)
        shutil.rmtree(self.folder, ignore_errors=True)

    session = None

    def receive(self, until):
        while b"\0" not in self.rest:
            if not select.select([self.back], [], [], max(0.0, until - time.monotonic()))[0]:
                raise TimeoutError("the browser does not answer")
            more = os.read(self.back, 1 << 20)
            if not more:
                raise EOFError("the browser has ended")
            self.rest += more
        message, self.rest = self.rest.split(b"\0", 1)
        return json.loads(message)

    def call(self, method, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        until = time.monotonic() + 60
        while True:
            answer = self.receive(until)
            if answer.get("id") == self.number:
                assert "error" not in answer, (method, answer["error"])
                return answer["result"]
            self.events.append(answer)

    def open(self, path):
        """Opens a file and waits until its maps can be used."""
        self.call("Page.navigate", url=path.as_uri())
        self.wait("document.readyState === 'complete'")
        self.wait("[...document.querySelectorAll('.atlas')].every((a) => a.dataset.ready)")

    def js(self, expression):
        """What an expression gives; promises are waited for."""
        found = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, (expression, found["exceptionDetails"])
        return found["result"].get("value")

    def wait(self, expression):
        until = time.monotonic() + 30
        while not self.js(expression):
            assert time.monotonic() < until, f"never true: {expression}"
            time.sleep(0.05)

    def pointer(self, kind, x, y):
        """`mouseMoved`, `mousePressed` or `mouseReleased` at a place of the window."""
        pressed = {} if kind == "mouseMoved" else {"button": "left", "clickCount": 1, "buttons": 1}
        self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, **pressed)

    def key(self, key):
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key)

    def screenshot(self, path):
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))

    def complaints(self):
        """Errors and warnings of the console, exceptions, and requests beyond the page itself."""
        found = []
        for event in self.events:
            kind, params = event.get("method"), event.get("params", {})
            if kind == "Runtime.exceptionThrown":
                found.append(params["exceptionDetails"])
            elif kind == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning", "assert"):
                found.append(params["args"])
            elif kind == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
                found.append(params["entry"])
            elif kind == "Network.requestWillBeSent" and not params["request"]["url"].startswith(("file:", "data:", "blob:")):
                found.append(params["request"]["url"])
        return found
