"""./heddle ended by a signal: no machine is left behind, whatever it was doing."""

import os
import signal
import subprocess
import time
import unittest

from command import ENVIRONMENT, LIMIT, MACHINES, ROOT, Terminal

MACHINE = MACHINES[0]


def descendants(pid):
    """Returns: the names of all processes below this one, by their ids."""
    parents, names = {}, {}
    for entry in filter(str.isdecimal, os.listdir("/proc")):
        try:
            with open(f"/proc/{entry}/stat", encoding="ascii", errors="replace") as f:
                name, _, rest = f.read().partition("(")[2].rpartition(")")
        except OSError:
            continue
        parents.setdefault(int(rest.split()[1]), []).append(int(entry))
        names[int(entry)] = name
    found, todo = {}, [pid]
    while todo:
        below = parents.get(todo.pop(), [])
        found |= {child: names[child] for child in below}
        todo += below
    return found


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as f:
            return f.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


class Ended(unittest.TestCase):
    def end(self, process, number, wait):
        """Signal it twice, as timeout(1) does, when its machine runs."""
        end, machines = time.monotonic() + LIMIT, []
        while not machines:
            self.assertLess(time.monotonic(), end, "no machine was started")
            self.assertIsNone(process.poll(), "it ended by itself")
            time.sleep(0.05)
            machines = [pid for pid, name in descendants(process.pid).items() if name.startswith("qemu-system")]
        for _ in range(2):
            process.send_signal(number)
        status = wait()
        time.sleep(0.1)
        left = [pid for pid in machines if alive(pid)]
        for pid in left:
            os.kill(pid, signal.SIGKILL)
        self.assertEqual(left, [])
        return status

    def command(self, number, *words):
        command = ["env", "--default-signal", f"{ROOT}/heddle", words[0], "--no-make", "-a", MACHINE, *words[1:]]
        with subprocess.Popen(command, cwd=ROOT, env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              start_new_session=True) as process:
            try:
                self.assertEqual(self.end(process, number, lambda: process.wait(LIMIT)), 128 + number)
                output = process.stdout.read().decode()
                self.assertNotIn("Traceback", output)
                self.assertNotIn("FAIL", output)
            finally:
                process.kill()

    def test_command(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            with self.subTest(number=number):
                self.command(number, "run", "-x", "sleep 1000")

    def test_without_a_terminal(self):
        self.command(signal.SIGTERM, "run", "--limit", "1000")

    def test_tests(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number=number):
                self.command(number, "test", f"scenario/pipeline/{MACHINE}", "commands/test_session.Ways.test_first_line")

    def test_bench(self):
        self.command(signal.SIGTERM, "bench", "boot")
        self.command(signal.SIGINT, "bench", "boot")

    def test_gdb(self):
        self.command(signal.SIGTERM, "gdb", "--batch", "--ex", "continue")

    def test_killed(self):
        with subprocess.Popen([f"{ROOT}/heddle", "run", "--no-make", "-a", MACHINE, "-x", "sleep 1000"], cwd=ROOT, env=ENVIRONMENT,
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            self.end(process, signal.SIGKILL, lambda: process.wait(LIMIT))

    def test_terminals(self):
        for words, prompt in ((("run",), "/ # "), (("gdb", "--ex", "continue"), "Continuing")):
            with self.subTest(words=words), Terminal(words[0], "--no-make", "-a", MACHINE, *words[1:]) as terminal:
                terminal.expect(prompt)
                self.assertEqual(self.end(terminal.process, signal.SIGTERM, terminal.status), 143)


if __name__ == "__main__":
    unittest.main()
