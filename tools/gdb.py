"""./heddle gdb: boot a machine that waits for gdb, and gdb on it with the kernel's symbols."""

import os
import shlex
import shutil
import subprocess

from common import ROOT, UserError, make
from guest import Boot
from run import add_machine_arguments, make_target, settings_of

ARCHITECTURES = {"x86_64": "i386:x86-64", "aarch64": "aarch64", "riscv64": "riscv:rv64", "loongarch64": "Loongarch64", "mips64el": "mips:isa64r2"}


def add_arguments(parser):
    add_machine_arguments(parser)
    parser.add_argument("--ex", action="append", default=[], metavar="COMMAND", help="a gdb command to run first")


def check(arguments):
    return settings_of(arguments)


def find_gdb(arch):
    for name in ("gdb-multiarch", f"{arch}-linux-gnu-gdb") + (("gdb",) if os.uname().machine == arch else ()):
        if shutil.which(name):
            return name
    raise UserError("gdb-multiarch is not installed; ./heddle setup installs it")


def run(arguments):
    settings = check(arguments)
    gdb = find_gdb(arguments.arch)
    if not arguments.no_make:
        make(arguments.arch, make_target(settings), settings.debug)
    with Boot(settings) as boot:
        console = f"{boot.build}/gdb-console.txt"
        qemu = boot.command() + ["-display", "none", "-monitor", "none", "-serial", f"file:{console}", "-S", "-gdb", "stdio"]
        print(f"heddle: the machine's console goes to {console}")
        command = [gdb, "-q", boot.kernel, "-ex", f"set architecture {ARCHITECTURES[arguments.arch]}",
                   "-ex", f"target remote | exec {shlex.join(qemu)}"]
        for line in arguments.ex:
            command += ["-ex", line]
        return subprocess.run(command, cwd=ROOT, check=False).returncode
