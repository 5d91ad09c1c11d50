"""./heddle gdb: breakpoints in the kernel, and stacks with names."""

import pathlib
import signal
import subprocess
import time
import unittest

from command import LIMIT, MACHINES, ROOT, Terminal, heddle, on_each_machine

PROMPT = r"\(gdb\) "


def knows(machine):
    """Is the installed gdb new enough? LoongArch came into Debian's after Debian 12."""
    done = subprocess.run(["gdb-multiarch", "-nx", "-batch", "-ex", "set architecture"], capture_output=True, text=True, check=False)
    return machine != "loongarch64" or "Loongarch64" in done.stdout + done.stderr


@on_each_machine
class EachMachine:
    def test_stacks_have_names(self):
        commands = ("break kernel_main", "continue", "backtrace", "break syscall_dispatch", "continue", "backtrace", "print cpu_count")
        done = heddle("gdb", "--no-make", "--batch", "-a", self.machine, *(word for c in commands for word in ("--ex", c)))
        if not knows(self.machine):
            self.assertEqual((done.stdout, done.stderr, done.returncode), ("", f"heddle: gdb-multiarch is too old: it does not know {self.machine}\n", 2))
            return
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"(?s)#0 +kernel_main \(.*\) at kernel/main\.c:\d+\n#1 .* in boot_main \(")
        self.assertRegex(done.stdout, r"(?s)#0 +syscall_dispatch \(.*#1 .* in trap_syscall \(\) at kernel/sched/trap\.c:\d+\n#2 ")
        self.assertIn("$1 = 1\n", done.stdout)


def wait_until_it_runs(machine):
    """An interrupt that comes while gdb steps off a breakpoint is lost, and the next one makes gdb give up: the kernel must have said something."""
    end = time.monotonic() + LIMIT
    console = pathlib.Path(ROOT, "build", machine, "gdb-console.txt")
    while b"Heddle" not in console.read_bytes():
        assert time.monotonic() < end, "the machine does not go on"
        time.sleep(0.05)


class OnTerminal(unittest.TestCase):
    def test_interrupt_stops_the_machine_and_quit_ends_it(self):
        machine = next((m for m in MACHINES if knows(m)), "x86_64")
        with Terminal("gdb", "--no-make", "-a", machine, "--ex", "set style enabled off", blocked=signal.valid_signals()) as terminal:
            terminal.expect(PROMPT)
            terminal.send("tbreak kernel_main\n")
            terminal.expect(PROMPT)
            terminal.send("continue\n")
            terminal.expect("kernel_main ")
            terminal.expect(PROMPT)
            terminal.send("continue\n")
            terminal.expect("Continuing")
            wait_until_it_runs(machine)
            terminal.send_until("\x03", "received signal SIGINT")
            terminal.expect(PROMPT)
            terminal.send("quit\n")
            self.assertEqual(terminal.status(), 0)


if __name__ == "__main__":
    unittest.main()
