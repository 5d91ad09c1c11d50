"""What the tests of ./heddle share: running it on what is built, and talking to it on a terminal of its own."""

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MACHINES = os.environ.get("HEDDLE_TEST_MACHINES", "x86_64").split()
ENVIRONMENT = os.environ | {"HEDDLE_NO_SETUP": "1"}
LIMIT = 180  # seconds for one machine, on a host that is busy


def heddle(*words, folder=ROOT, text=True):
    """Returns: the ended process, with what it printed."""
    return subprocess.run([f"{ROOT}/heddle", *words], cwd=folder, env=ENVIRONMENT, stdin=subprocess.DEVNULL, capture_output=True, text=text,
                          timeout=LIMIT, check=False)


def on_each_machine(case):
    """A class decorator: leaves in the module a copy of the test class for each machine, with its `machine` set."""
    module = sys.modules[case.__module__]
    for machine in MACHINES:
        name = f"{case.__name__}_{machine}"
        setattr(module, name, type(name, (case, unittest.TestCase), {"machine": machine, "__module__": case.__module__}))
    return case


class Terminal:
    """./heddle on a terminal. Owner of its process: use with `with`."""

    def __init__(self, *words, blocked=()):
        """blocked: signals that it inherits as blocked, as from a service that blocks them for itself."""
        self.text = ""
        self.position = 0
        self.end = time.monotonic() + LIMIT
        self.line, other = pty.openpty()
        command = ["setsid", "--ctty", f"{ROOT}/heddle", *words]
        before = signal.pthread_sigmask(signal.SIG_BLOCK, blocked)
        self.process = subprocess.Popen(command, cwd=ROOT, env=ENVIRONMENT, stdin=other, stdout=other, stderr=other)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        os.close(other)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait()
        os.close(self.line)

    def read(self):
        """Returns: False when nothing more comes."""
        if not select.select([self.line], [], [], max(0, self.end - time.monotonic()))[0]:
            raise AssertionError(f"no end after {LIMIT} seconds:\n{self.text}")
        try:
            data = os.read(self.line, 65536)
        except OSError:  # the other end is closed
            data = b""
        self.text += data.decode(errors="replace").replace("\r", "")
        return bool(data)

    def expect(self, pattern):
        while not (match := re.search(pattern, self.text[self.position:])):
            if not self.read():
                raise AssertionError(f"it ended, and never printed {pattern}:\n{self.text}")
        self.position += match.end()

    def send(self, text):
        os.write(self.line, text.encode())

    def send_until(self, text, pattern):
        """Send the text every few seconds until the pattern comes: an interrupt may fall where nobody listens."""
        while not re.search(pattern, self.text[self.position:]):
            self.send(text)
            again = time.monotonic() + 3
            while time.monotonic() < again and not re.search(pattern, self.text[self.position:]):
                if select.select([self.line], [], [], 0.2)[0] or time.monotonic() > self.end:
                    if not self.read():
                        raise AssertionError(f"it ended, and never printed {pattern}:\n{self.text}")
        self.expect(pattern)

    def status(self):
        """Returns: the exit status of the process, which ends by itself."""
        while self.read():
            pass
        return self.process.wait(10)
