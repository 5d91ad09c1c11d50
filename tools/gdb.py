"""./heddle gdb: boot a machine that waits for gdb, and gdb on it with the kernel's symbols."""

import os
import shutil
import signal
import subprocess
import time

from common import ROOT, UserError, make
from guest import Boot
from run import add_machine_arguments, make_target, settings_of

ARCHITECTURES = {"x86_64": "i386:x86-64", "aarch64": "aarch64", "riscv64": "riscv:rv64", "loongarch64": "Loongarch64", "mips64el": "mips:isa64r2"}
START_LIMIT = 20  # seconds for QEMU to listen


def add_arguments(parser):
    add_machine_arguments(parser)
    parser.add_argument("--ex", action="append", default=[], metavar="COMMAND", help="a gdb command to run first (may be repeated)")
    parser.add_argument("--batch", action="store_true", help="end after these commands")


def check(arguments):
    return settings_of(arguments)


def find_gdb(arch):
    found = [name for name in ("gdb-multiarch", f"{arch}-linux-gnu-gdb", "gdb") if shutil.which(name)]
    for name in found:
        done = subprocess.run([name, "-nx", "-batch", "-ex", f"set architecture {ARCHITECTURES[arch]}"], capture_output=True, text=True, check=False)
        if "is set to" in done.stdout:
            return name
    if found:
        raise UserError(f"{found[0]} is too old: it does not know {arch}")
    raise UserError("gdb-multiarch is not installed; ./heddle setup installs it")


def run(arguments):
    settings = check(arguments)
    gdb = find_gdb(arguments.arch)
    if not arguments.no_make:
        make(arguments.arch, make_target(settings), settings.debug)
    with Boot(settings) as boot:
        console, line = f"{boot.build}/gdb-console.txt", f"{boot.folder}/gdb"
        qemu = boot.command() + ["-display", "none", "-monitor", "none", "-serial", f"file:{console}", "-S",
                                 "-gdb", f"unix:{line},server=on,wait=off"]
        command = [gdb, "-q", *(["-batch"] if arguments.batch else []), boot.kernel, "-ex", "set confirm off",
                   "-ex", f"set architecture {ARCHITECTURES[arguments.arch]}", "-ex", f"target remote {line}"]
        for text in arguments.ex:
            command += ["-ex", text]
        return debug(qemu, line, command, console)


def debug(qemu, line, gdb, console):
    """Run gdb on QEMU, which stays out of the reach of the terminal's Ctrl-C: that is gdb's."""
    old = signal.signal(signal.SIGINT, lambda *_: None)
    errors = f"{line}-errors"
    with open(errors, "wb") as said, subprocess.Popen(qemu, cwd=ROOT, stdin=subprocess.DEVNULL, stderr=said, start_new_session=True) as machine:
        try:
            wait_for(line, machine, errors)
            print(f"heddle: the machine's console goes to {console}", flush=True)
            return subprocess.run(gdb, cwd=ROOT, check=False).returncode
        finally:
            machine.kill()
            signal.signal(signal.SIGINT, old)


def wait_for(line, machine, errors):
    end = time.monotonic() + START_LIMIT
    while not os.path.exists(line):
        if machine.poll() is not None or time.monotonic() > end:
            with open(errors, encoding="utf-8", errors="replace") as said:
                raise UserError(f"QEMU cannot start this machine: {said.read().strip()}")
        time.sleep(0.02)
