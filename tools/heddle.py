#!/usr/bin/env python3
"""The commands of ./heddle: reads the arguments, sees that what is needed is installed, calls the tool."""

import argparse
import importlib
import os
import signal
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from common import ROOT, BuildError, UserError

HELP = """usage: ./heddle COMMAND [OPTIONS]

  run [-a ARCH] [-s CPUS] [-m MEM] [-c CLUSTER] [-x CMD] [-p PATH]... [--debug]
                     boot to a shell prompt on this terminal (Ctrl-A X leaves); with -x run a command and print what it prints
  test [--quick] [-a ARCH]... [--list] [FILTER...]
                     every test on every machine; ends with 'N passed, N failed'
  bench [-a ARCH]... [--table] [SUITE...]
                     count instructions; prints 'RESULT name median ...' lines
  gdb [-a ARCH]      boot under gdb
  check              the rules of the source tree
  image [-a ARCH] OUT [-p PATH]...
                     write the boot image
  setup              install what is missing
  help               this

ARCH is x86_64 aarch64 riscv64 loongarch64 or mips64el; CLUSTER is MP 16K 64K 128K or 256K; MEM is like 512M.
'./heddle COMMAND --help' shows all options of a command."""

MODULES = {"run": "run", "test": "test", "bench": "bench", "gdb": "gdb", "check": "check", "image": "image_command"}


class ArgumentParser(argparse.ArgumentParser):
    def error(self, message):
        raise UserError(f"{message}; see ./heddle help")


PURPOSES = {"test": "test", "check": "check", "gdb": "gdb"}  # of tools/setup.sh; the others: run


def set_up(command, machines):
    """Install what is missing; the script says what it does and may ask. Ends the program when it can't."""
    if os.environ.get("HEDDLE_NO_SETUP"):
        return
    words = [os.path.join(ROOT, "tools/setup.sh"), "--for", PURPOSES.get(command, "run")]
    for machine in machines:
        words += ["-a", machine]
    status = subprocess.run(words, cwd=ROOT, stdout=sys.stderr, check=False).returncode
    if status:
        raise SystemExit(status)


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that machines are stopped and temporary files removed
    if len(sys.argv) < 2 or sys.argv[1] in ("help", "-h", "--help"):
        print(HELP)
        return 0 if len(sys.argv) > 1 else 2
    name = sys.argv[1]
    try:
        if name == "setup":
            return subprocess.run([os.path.join(ROOT, "tools/setup.sh"), *sys.argv[2:]], cwd=ROOT, check=False).returncode
        if name not in MODULES:
            raise UserError(f"there is no command '{name}'; see ./heddle help")
        module = importlib.import_module(MODULES[name])
        parser = ArgumentParser(prog=f"./heddle {name}", allow_abbrev=False)
        module.add_arguments(parser)
        arguments = parser.parse_args(sys.argv[2:])
        os.chdir(ROOT)
        module.check(arguments)
        machines = getattr(arguments, "arch", None) or []
        set_up(name, [machines] if isinstance(machines, str) else machines)
        return module.run(arguments)
    except UserError as error:
        print(f"heddle: {error}", file=sys.stderr)
        return 2
    except BuildError as error:
        print(f"heddle: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
