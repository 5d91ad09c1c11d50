"""./heddle run: a machine on this terminal, or one command in it."""

import os
import signal
import subprocess
import sys

from common import ROOT, UserError, checked_cluster, checked_cpus, checked_memory, checked_seconds, machine_named, make, user_path
from guest import PANIC, Boot, Guest, MarkFilter, Settings, escaped
from machines import disk_options

EXIT_HANG = 124
EXIT_LOST = 125  # the machine stopped before the command ended


def add_machine_arguments(parser):
    parser.add_argument("-a", dest="arch", default="x86_64", metavar="ARCH", help="machine: x86_64 aarch64 riscv64 loongarch64 mips64el")
    parser.add_argument("-s", dest="cpus", default="1", metavar="CPUS", help="number of CPUs")
    parser.add_argument("-m", dest="memory", metavar="MEM", help="memory, as 512M or 2G")
    parser.add_argument("-c", dest="cluster", default="64K", metavar="CLUSTER", help="MP 16K 64K 128K 256K")
    parser.add_argument("--debug", action="store_true", help="a kernel with all checks")
    parser.add_argument("--kernel-only", action="store_true", help="boot without programs")
    parser.add_argument("--native", default="", metavar="NAME", help="boot the program tests/native/NAME in place of init")
    parser.add_argument("--no-make", action="store_true", help="take what is built")
    parser.add_argument("--disk", dest="disks", action="append", default=[], metavar="FILE", help="a file (raw, or NAME.qcow2) that is a disk, /dev/vda the first")
    parser.add_argument("--snapshot", action="store_true", help="what is written to disks is forgotten at the end")
    parser.add_argument("--qemu", action="append", default=[], metavar="OPTION", help="one more word for QEMU")
    parser.add_argument("--boot", action="append", default=[], metavar="WORD", help="one more word for the boot command line")


def add_arguments(parser):
    add_machine_arguments(parser)
    parser.add_argument("-x", dest="command", metavar="CMD", help="run CMD in the shell, print what it prints, power off")
    parser.add_argument("-p", dest="paths", action="append", default=[], metavar="PATH", help="a file or folder to put under /host")
    parser.add_argument("--limit", metavar="SECONDS", help="for -x: give up after this long (120)")


def settings_of(arguments):
    """Returns: Settings of checked arguments. Raises UserError."""
    machine = machine_named(arguments.arch)
    settings = Settings(machine, checked_cpus(arguments.cpus, machine), cluster=checked_cluster(arguments.cluster), debug=arguments.debug,
                        kernel_only=arguments.kernel_only, options=list(arguments.qemu), words=list(arguments.boot),
                        native=arguments.native)
    if arguments.memory:
        settings.memory = checked_memory(arguments.memory, machine)
    settings.disks, settings.snapshot = checked_disks(arguments.disks, arguments.snapshot, machine), arguments.snapshot
    settings.host_paths = checked_host_paths(getattr(arguments, "paths", []))
    return settings


def checked_disks(paths, snapshot, machine):
    """Returns: the paths as seen from here. Raises UserError."""
    found = []
    for path in paths:
        full = os.path.abspath(user_path(path))
        if not path or not os.path.exists(full):
            raise UserError(f"there is no file '{path}' for a disk; 'truncate -s 64M {path or 'disk.img'}' makes an empty one")
        if not os.path.isfile(full):
            raise UserError(f"'{path}' is no file that could be a disk")
        if not os.access(full, os.R_OK if snapshot else os.R_OK | os.W_OK):
            raise UserError(f"'{path}' may not be {'read' if snapshot else 'read and written; --snapshot leaves it as it is'}")
        if os.path.getsize(full) < 512:
            raise UserError(f"'{path}' is too small for a disk: 512 bytes is the least")
        if full in found:
            raise UserError(f"'{path}' cannot be two disks")
        found.append(full)
    try:
        disk_options(machine, found, snapshot)
    except ValueError as error:
        raise UserError(str(error)) from None
    return found


def checked_host_paths(paths):
    """Returns: the paths as seen from here. Raises UserError."""
    found = {}
    for path in paths:
        full = os.path.abspath(user_path(path))
        name = os.path.basename(full)
        if not path or not os.path.exists(full):
            raise UserError(f"there is no file or folder '{path}'")
        if not os.path.isdir(full) and not os.path.isfile(full):
            raise UserError(f"'{path}' is neither a file nor a folder")
        if not os.access(full, os.R_OK):
            raise UserError(f"'{path}' may not be read")
        if not name:
            raise UserError(f"'{path}' has no name to put it under /host with")
        if name in found:
            raise UserError(f"'{found[name][0]}' and '{path}' would both be /host/{name}")
        found[name] = path, full
    return [full for _, full in found.values()]


def make_target(settings):
    if settings.native:
        return "native-tests"
    return "kernel" if settings.kernel_only else "all"


def check(arguments):
    settings = settings_of(arguments)
    if arguments.command is not None and (arguments.kernel_only or arguments.native):
        raise UserError("-x needs programs; --kernel-only and --native have none")
    return settings, checked_seconds(arguments.limit or "120")


def run(arguments):
    settings, limit = check(arguments)
    if not arguments.no_make:
        make(arguments.arch, make_target(settings), settings.debug)
    if arguments.command is not None:
        settings.words += ["quiet", "exec=" + escaped(arguments.command)]
    with Boot(settings) as boot:
        if arguments.command is not None:
            return run_command(boot, limit)
        if arguments.limit or not sys.stdin.isatty():
            return watch(boot, limit)
        return run_terminal(boot)


def run_terminal(boot):
    old = signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the guest's
    try:
        done = subprocess.run(boot.command() + ["-display", "none", "-serial", "mon:stdio"], cwd=ROOT, check=False)
    finally:
        signal.signal(signal.SIGINT, old)
    if done.returncode == 1:  # what it prints says why
        raise UserError("QEMU could not start the machine")
    return done.returncode


def watch(boot, limit):
    """Without a terminal: show all that the machine prints until it stops or the limit is reached."""
    with Guest(boot) as guest:
        while (data := guest.read(min(1, limit - guest.seconds()))) is not None:
            show(data)
            if PANIC.search(guest.transcript):
                while (data := guest.read(1)):
                    show(data)
                return EXIT_LOST
            if guest.seconds() >= limit:
                print(f"\nheddle: still running after {limit:g} seconds", file=sys.stderr)
                sys.stderr.write(guest.cpu_states())
                return EXIT_HANG
        started(guest)
        sys.stderr.write(guest.errors.decode(errors="replace"))
    return 0


def started(guest):
    """Raises UserError when QEMU ended without having started the machine."""
    if why := guest.refused():
        raise UserError(f"QEMU cannot start this machine: {why}")


def run_command(boot, limit):
    marks = MarkFilter()
    with Guest(boot) as guest:
        while marks.status is None:
            data = guest.read(min(1, limit - guest.seconds()))
            if data is None:
                started(guest)
                return lost(guest, "the machine stopped before the command ended", EXIT_LOST)
            show(marks.feed(data))
            if PANIC.search(guest.transcript):
                settle(guest)
                return lost(guest, "the kernel panicked", EXIT_LOST)
            if guest.seconds() >= limit:
                return lost(guest, f"no end after {limit:g} seconds", EXIT_HANG)
        settle(guest, 10)
    return marks.status & 0xff


def settle(guest, seconds=2):
    """Let a machine that is about to stop say the rest."""
    end = guest.seconds() + seconds
    while guest.seconds() < end and guest.read(end - guest.seconds()) is not None:
        pass


def lost(guest, why, status):
    sys.stdout.flush()
    tail = guest.transcript.decode(errors="replace").replace("\r", "").splitlines()[-40:]
    print("\n".join(["", *tail, f"heddle: {why}"]), file=sys.stderr)
    sys.stderr.write(guest.cpu_states())
    return status


def show(data):
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:  # who reads it has enough: the machine goes off, as a program would end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(128 + signal.SIGPIPE)
