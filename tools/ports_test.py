#!/usr/bin/env python3
"""ports_test.py: tests of the recipes and of the fetcher, without the network but for what the recipes still have to fetch.

    ports_test.py [--arch MACHINE]...     with machines: builds ports/tests/ with both C libraries and runs it under qemu-user,
                                          and runs the machine's busybox
"""

import functools
import hashlib
import http.server
import os
import shutil
import subprocess
import sys
import tempfile
import threading

import ports
import ports_fetch
from ports_fetch import BUILD, ROOT, NotThere, PortError

SOURCES = """# comment
Types: deb deb-src
URIs: http://one.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 URIs: nothing

Enabled: no
Types: deb
URIs: http://two.example/debian
Suites: trixie
"""
LIST = """# deb http://no.example/debian sid main
deb [arch=amd64 signed-by=/x.gpg] http://three.example/debian/ trixie main
deb-src http://four.example/ubuntu noble main
"""


def expect(holds, what):
    if not holds:
        raise AssertionError(what)


def expect_error(kind, words, action):
    try:
        action()
    except kind as e:
        expect(all(w in str(e) for w in words), f"the error does not say {words}: {e}")
    else:
        raise AssertionError(f"no error, where one with {words} was due")


def test_recipes_are_complete():
    for name in ports.recipe_names():
        expect(not ports.Recipe(name).faults(), f"{name}: {ports.Recipe(name).faults()}")
    expect_error(PortError, ["no recipe 'nothing'", "busybox"], lambda: ports.Recipe("nothing"))
    expect_error(PortError, ["no recipe"], lambda: ports.Recipe("../ports/musl"))


def test_apt_sources_of_both_formats_are_read():
    pairs = list(ports_fetch.sources_of("x.sources", SOURCES))
    expect(pairs == [("http://one.example/debian", "bookworm"), ("http://one.example/debian", "bookworm-updates")], pairs)
    pairs = list(ports_fetch.sources_of("x.list", LIST))
    expect(pairs == [("http://three.example/debian/", "trixie"), ("http://four.example/ubuntu", "noble")], pairs)


def test_take_lists():
    takes = list(ports.take_list("usr/a/ -> b/\nLICENSE COPYING"))
    expect(takes == [("usr/a/", "b/"), ("LICENSE", "LICENSE"), ("COPYING", "COPYING")], takes)
    expect(ports.chosen("usr/a/x/y", takes) == ("usr/a/", "b/x/y"), "a folder is moved")
    expect(ports.chosen("COPYING.old", takes) is None, "a name is the whole name")


class QuietServer(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def with_server(test):
    """Run test(base URL, folder served) with an empty cache."""
    with tempfile.TemporaryDirectory(dir=BUILD) as folder:
        handler = functools.partial(QuietServer, directory=folder)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        kept, ports_fetch.CACHE = ports_fetch.CACHE, os.path.join(folder, "cache")
        try:
            test(f"http://127.0.0.1:{server.server_port}", folder)
        finally:
            ports_fetch.CACHE = kept
            server.shutdown()
            server.server_close()


def test_a_file_is_fetched_once_and_verified():
    def test(base, folder):
        with open(os.path.join(folder, "good"), "wb") as f:
            f.write(b"content")
        digest = hashlib.sha256(b"content").hexdigest()
        gone = (f"{base}/gone", digest)
        path = ports_fetch.fetch("x", [gone, (f"{base}/good", digest)])
        expect(ports_fetch.sha256(path) == digest, "the second place was used")
        os.unlink(os.path.join(folder, "good"))
        expect(ports_fetch.fetch("x", [gone]) == path, "the cache was used")
        with open(path, "wb") as f:
            f.write(b"spoilt")
        expect_error(NotThere, ["cannot be fetched", "404"], lambda: ports_fetch.fetch("x", [gone]))
        expect(not os.path.exists(path), "what was spoilt in the cache is gone")
    with_server(test)


def test_another_content_than_pinned_is_an_error():
    def test(base, folder):
        with open(os.path.join(folder, "bad"), "wb") as f:
            f.write(b"other")
        place = (f"{base}/bad", "0" * 64)
        expect_error(PortError, ["x: cannot be fetched", "another content", "0" * 64], lambda: ports_fetch.fetch("x", [place]))
        expect(os.listdir(ports_fetch.CACHE) == [], "nothing unverified stays")
    with_server(test)


# ---- what is built -------------------------------------------------------------------------------------------------

def run_for(machine, program, *words):
    emulator = next((e for e in (f"qemu-{machine}-static", f"qemu-{machine}") if shutil.which(e)), None)
    expect(emulator, f"there is no qemu-{machine}-static and no qemu-{machine}")
    done = subprocess.run([emulator, program, *words], capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout + done.stderr


def test_programs(machine):
    for port, extra, name in (("musl", [], "linux"), ("musl-heddle", ["entry.c", "-Wl,-e,entry"], "native")):
        recipe = ports.Recipe(port)
        ports.make(recipe, machine)
        sources = [os.path.join(ROOT, "ports/tests", s) if s.endswith(".c") else s for s in ["linux.c", *extra]]
        with tempfile.TemporaryDirectory(dir=BUILD) as folder:
            program = os.path.join(folder, f"{name}-{machine}")
            config = os.path.join(ports.folder(recipe, machine), "clang.cfg")
            subprocess.run(["clang-19", f"--config={config}", "-std=c23", "-O2", "-Wall", "-Wextra", "-Werror", *sources,
                            "-o", program], check=True)
            status, said = run_for(machine, program)
            expect((status, said) == (0, f"good {name}-{machine}\n"), f"{port}: status {status}: {said}")


def test_busybox(machine):
    recipe = ports.Recipe("busybox")
    ports.make(recipe, machine)
    program = os.path.join(ports.folder(recipe, machine), "busybox")
    script = "x=$(printf '%.2f' 1.5); awk 'BEGIN { print 7 / 4 }' | while read y; do echo $x $y; done"
    status, said = run_for(machine, program, "sh", "-c", script)
    expect((status, said) == (0, "1.50 1.75\n"), f"status {status}: {said}")


def main():
    machines = sys.argv[2::2]
    if sys.argv[1::2] != ["--arch"] * len(machines) or not all(m in ports.MACHINES for m in machines):
        print(__doc__, file=sys.stderr)
        return 2
    tests = [(name, value) for name, value in globals().items() if name.startswith("test_")]
    plain = [(name, test) for name, test in tests if not test.__code__.co_argcount]
    plain += [(f"{name} {m}", functools.partial(test, m)) for m in machines for name, test in tests if test.__code__.co_argcount]
    os.makedirs(BUILD, exist_ok=True)
    failed = 0
    for name, test in plain:
        try:
            test()
            print(f"ok    {name}")
        except (AssertionError, PortError, OSError, subprocess.SubprocessError) as e:
            failed += 1
            print(f"FAIL  {name}: {e}")
    print(f"{len(plain) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
