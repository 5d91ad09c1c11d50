#!/usr/bin/env python3
"""ports_test.py: tests of the recipes and of the fetcher, without the network but for what the recipes still have to fetch.

    ports_test.py [--arch MACHINE]...     with machines: builds ports/tests/ with both C libraries and runs it under qemu-user,
                                          and runs the machine's busybox
"""

import functools
import hashlib
import http.server
import os
import re
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


CONTENT = b"content " * 5000
DIGEST = hashlib.sha256(CONTENT).hexdigest()


class Server(http.server.BaseHTTPRequestHandler):
    """Answers the requests for a path by a list of its own, the last entry again and again: bytes, a status, or CUT."""
    CUT = "the first half, and the end of the connection"
    answers, asked = {}, []

    def do_GET(self):
        self.asked.append(self.path)
        answers = self.answers.get(self.path, [404])
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, int):
            self.send_error(answer)
            return
        data = CONTENT if answer == self.CUT else answer
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data[:len(data) // 2] if answer == self.CUT else data)

    def log_message(self, *_):
        pass


def with_server(answers, test):
    """Run test(base URL) with an empty cache, once for each way of downloading."""
    for helper in {ports_fetch.APT_HELPER, "/no/apt-helper"} if os.access(ports_fetch.APT_HELPER, os.X_OK) else {"/no/apt-helper"}:
        with tempfile.TemporaryDirectory(dir=BUILD) as folder:
            Server.answers, Server.asked = {path: list(several) for path, several in answers.items()}, []
            server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
            threading.Thread(target=server.serve_forever, daemon=True).start()
            kept = ports_fetch.CACHE, ports_fetch.APT_HELPER, ports_fetch.PAUSE
            ports_fetch.CACHE, ports_fetch.APT_HELPER, ports_fetch.PAUSE = os.path.join(folder, "cache"), helper, 0
            try:
                test(f"http://127.0.0.1:{server.server_port}")
            finally:
                ports_fetch.CACHE, ports_fetch.APT_HELPER, ports_fetch.PAUSE = kept
                server.shutdown()
                server.server_close()


def fetched(*places):
    path = ports_fetch.fetch("x", list(places))
    expect(ports_fetch.sha256(path) == DIGEST and os.listdir(ports_fetch.CACHE) == [DIGEST], "the cache has the file and nothing else")
    return path


def test_a_file_is_fetched_once_and_verified():
    def test(base):
        gone = (f"{base}/gone", DIGEST)
        path = fetched(gone, (f"{base}/good", DIGEST))
        expect(Server.asked == ["/gone", "/good"], f"one request each, in order: {Server.asked}")
        expect(fetched(gone) == path and len(Server.asked) == 2, "the cache was used")
        with open(path, "wb") as f:
            f.write(b"spoilt")
        expect_error(NotThere, ["cannot be fetched", "404"], lambda: fetched(gone))
        expect(not os.path.exists(path), "what was spoilt in the cache is gone")
    with_server({"/good": [CONTENT]}, test)


def test_another_content_than_pinned_is_an_error_and_the_next_place_is_tried():
    def test(base):
        bad = (f"{base}/bad", DIGEST)
        expect_error(PortError, ["x: cannot be fetched", "another content", DIGEST], lambda: fetched(bad))
        expect(os.listdir(ports_fetch.CACHE) == [], "nothing unverified stays")
        expect(Server.asked == ["/bad"], f"the same would come again: {Server.asked}")
        fetched(bad, (f"{base}/good", DIGEST))
    with_server({"/bad": [b"other"], "/good": [CONTENT]}, test)


def test_a_file_that_was_cut_off_is_fetched_again():
    def test(base):
        fetched((f"{base}/once", DIGEST))
        expect(Server.asked.count("/once") >= 2, f"again: {Server.asked}")
        shutil.rmtree(ports_fetch.CACHE)
        expect_error(PortError, ["x: cannot be fetched"], lambda: fetched((f"{base}/always", DIGEST)))
        expect(Server.asked.count("/always") >= ports_fetch.TRIES and os.listdir(ports_fetch.CACHE) == [], "given up, nothing left")
        fetched((f"{base}/always", DIGEST), (f"{base}/good", DIGEST))
    with_server({"/once": [Server.CUT, CONTENT], "/always": [Server.CUT], "/good": [CONTENT]}, test)


def test_a_server_in_trouble_is_asked_again():
    def test(base):
        fetched((f"{base}/busy", DIGEST))
        shutil.rmtree(ports_fetch.CACHE)
        expect_error(PortError, ["x: cannot be fetched", "503"], lambda: fetched((f"{base}/down", DIGEST)))
        expect_error(PortError, ["x: cannot be fetched"], lambda: fetched(("http://127.0.0.1:1/nobody", DIGEST)))
        fetched(("http://127.0.0.1:1/nobody", DIGEST), (f"{base}/good", DIGEST))
    with_server({"/busy": [503, 503, CONTENT], "/down": [503], "/good": [CONTENT]}, test)


RECIPE = """[port]
version = 1
why = a test
licence = MIT
home = nowhere
yields = a file
[file]
suite = bookworm
source = thing
pool = pool/main/t/thing/thing_1.orig.tar.gz
sha256 = {pin}
upstream = {base}/release/thing-1.tar.xz
upstream-sha256 = {upstream}
strip = 1
take = src/ LICENCE
"""


def archive_of(kind, **files):
    import io
    import tarfile
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode=f"w:{kind}") as tar:
        for name, text in files.items():
            entry = tarfile.TarInfo(f"thing-1/{name.replace('__', '/')}")
            entry.size = len(text)
            tar.addfile(entry, io.BytesIO(text.encode()))
    return made.getvalue()


def test_a_release_takes_the_place_of_the_archive():
    """Through a whole recipe: the mirror has the pinned file, has it no more, has another, is not there; and so has the project's own server."""
    pinned, release = archive_of("gz", src__a="from the archive", LICENCE="x"), archive_of("xz", src__a="from the release", LICENCE="x", more="y")
    mirror, upstream = "/debian/pool/main/t/thing/thing_1.orig.tar.gz", "/release/thing-1.tar.xz"
    cases = (({mirror: [pinned], upstream: [release]}, True, "from the archive"), ({upstream: [release]}, True, "from the release"),
             ({mirror: [b"other"], upstream: [release]}, True, "from the release"), ({upstream: [Server.CUT, release]}, False, "from the release"),
             ({mirror: [404], upstream: [b"other"]}, True, ["thing: cannot be fetched", "another content", "404"]),
             ({mirror: [404], upstream: [404]}, True, ["thing: cannot be fetched", "The pinned file left the archive"]),
             ({upstream: [503]}, False, ["thing: cannot be fetched", "503"]))
    digests = [hashlib.sha256(data).hexdigest() for data in (pinned, release)]

    def test(base, has_mirror, outcome):
        with tempfile.TemporaryDirectory(dir=BUILD) as folder:
            kept = ports.RECIPES, ports.OUT, ports_fetch.mirrors
            ports.RECIPES, ports.OUT, ports_fetch.mirrors = folder, os.path.join(folder, "out"), lambda: [f"{base}/debian"] if has_mirror else []
            try:
                with open(os.path.join(folder, "thing.port"), "w", encoding="utf-8") as f:
                    f.write(RECIPE.format(base=base, pin=digests[0], upstream=digests[1]))
                if isinstance(outcome, list):
                    expect_error(PortError, outcome, lambda: ports.command_fetch(["thing"], []))
                    expect(not os.path.exists(os.path.join(folder, "out/thing")), "nothing half made")
                    return
                ports.command_fetch(["thing"], [])
                with open(os.path.join(folder, "out/thing/src/a"), encoding="utf-8") as f:
                    expect(f.read() == outcome, f"the file is {outcome}")
                expect(sorted(os.listdir(os.path.join(folder, "out/thing"))) == [".stamp", "LICENCE", "src"], "what the recipe takes, and no more")
            finally:
                ports.RECIPES, ports.OUT, ports_fetch.mirrors = kept
    for answers, has_mirror, outcome in cases:
        with_server(answers, lambda base, m=has_mirror, o=outcome: test(base, m, o))


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


TRAPS = re.compile(r"\t(syscall|sysenter|int|svc|ecall)\b")


def test_native_programs_do_not_trap(machine):
    recipe = ports.Recipe("musl-heddle")
    ports.make(recipe, machine)
    config = os.path.join(ports.folder(recipe, machine), "clang.cfg")
    with tempfile.TemporaryDirectory(dir=BUILD) as folder:
        for source in ("apps/hello/main.c", "ports/tests/linux.c", "tests/programs/calls.c"):
            program = os.path.join(folder, "program")
            subprocess.run(["clang-19", f"--config={config}", "-std=gnu2x", "-O2", "-w", os.path.join(ROOT, source), "-o", program], check=True)
            text = subprocess.run(["llvm-objdump-19", "-d", program], capture_output=True, text=True, check=True).stdout
            expect(len(text.splitlines()) > 1000, f"{source}: not disassembled")
            found = [line for line in text.splitlines() if TRAPS.search(line)]
            expect(not found, f"{source}: system call instructions: {found[:3]}")


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
