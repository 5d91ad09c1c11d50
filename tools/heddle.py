#!/usr/bin/env python3
"""The commands of ./heddle but help and setup: reads the arguments, sees that what is needed is installed, calls the tool."""

import argparse
import importlib
import os
import signal
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from common import ROOT, BuildError, UserError, end_by_signal

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
    signal.pthread_sigmask(signal.SIG_SETMASK, ())  # whoever started it may have blocked some, and gdb and Linux programs would inherit that
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):  # machines are stopped and temporary files removed
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, end_by_signal)
    name = sys.argv[1]
    try:
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


if __name__ == "__main__":
    sys.exit(main())
