"""./heddle bench: the figures are there, and those that the system aims at are reached. Instructions do not depend on the host's load."""

import re
import unittest

from command import heddle, on_each_machine

MOST = {"boot_to_prompt": 150e6, "memory_at_prompt": 12288, "ipc_call_reply_roundtrip": 600}


@on_each_machine
class EachMachine:
    def figures(self, *suites):
        done = heddle("bench", "--no-make", "-a", self.machine, *suites)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return {name: float(median) for name, median in re.findall(r"(?m)^RESULT (\w+) median ([0-9.]+)", done.stdout)}

    def test_aims(self):
        figures = self.figures("boot", "ipc")
        self.assertEqual({name for name, most in MOST.items() if not 0 < figures[name] < most}, set(), figures)
        self.assertIn("null_native_call", figures)


if __name__ == "__main__":
    unittest.main()
