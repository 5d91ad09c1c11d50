"""./heddle gdb: breakpoints in the kernel, and stacks with names."""

import signal
import subprocess
import unittest

from command import MACHINES, Terminal, heddle, on_each_machine

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
            terminal.send_until("\x03", "received signal SIGINT")
            terminal.expect(PROMPT)
            terminal.send("quit\n")
            self.assertEqual(terminal.status(), 0)


if __name__ == "__main__":
    unittest.main()
