"""./heddle: arguments that are wrong, the marks of -x, scenarios, and where CPUs stand."""

import os
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools"))

import guest
import scenario
from common import UserError


class Arguments(unittest.TestCase):
    def test_wrong_ones_say_so_and_exit_with_2(self):
        for words, pattern in ((["run", "--bogus"], "--bogus"), (["run", "-a", "vax"], "no machine 'vax'"), (["run", "-m", "32M"], "too little"),
                               (["run", "-m", "much"], "not an amount"), (["run", "-c", "32K"], "not a cluster size"), (["run", "-s", "9"], "CPUs"),
                               (["run", "-s", "0"], "CPUs"), (["run", "-a", "loongarch64", "-s", "8"], "1 to 4"), (["run", "-p", "/no/such"], "no file"),
                               (["run", "--limit", "soon"], "limit"), (["run", "-x"], "-x"), (["weave"], "no command 'weave'"), (["test", "-a", "vax"], "vax"),
                               (["run", "--kernel-only", "-x", "ls"], "needs programs")):
            with self.subTest(words=words):
                done = subprocess.run([f"{ROOT}/heddle", *words], capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
                self.assertEqual(done.returncode, 2, done.stderr)
                self.assertEqual(done.stdout, "")
                self.assertRegex(done.stderr, pattern)
                self.assertEqual(done.stderr.count("\n"), 1)

    def test_help(self):
        done = subprocess.run([f"{ROOT}/heddle", "help"], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0)
        self.assertIn("./heddle COMMAND", done.stdout)


class Marks(unittest.TestCase):
    def filtered(self, data, piece):
        marks = guest.MarkFilter()
        return b"".join(marks.feed(data[i:i + piece]) for i in range(0, len(data), piece)), marks.status

    def test_any_cutting_gives_the_same(self):
        for data, output in ((b"log\n\x1eHEDDLE-BEGIN\nab\n\n\x1eHEDDLE-END 7\n", b"ab\n"), (b"\x1eHEDDLE-BEGIN\n\n\x1eHEDDLE-END 7\nlog\n", b""),
                             (b"x\r\n\x1eHEDDLE-BEGIN\r\na\r\nb\r\n\r\n\x1eHEDDLE-END 7\r\n", b"a\nb\n"),
                             (b"\x1eHEDDLE-BEGIN\na\rb\n\x1eno\n\n\x1eHEDDLE-END 7\n", b"a\rb\n\x1eno\n")):
            for piece in range(1, len(data) + 1):
                with self.subTest(data=data, piece=piece):
                    self.assertEqual(self.filtered(data, piece), (output, 7))

    def test_output_streams(self):
        marks = guest.MarkFilter()
        marks.feed(b"\x1eHEDDLE-BEGIN\n")
        self.assertEqual(marks.feed(b"first\nsec"), b"first\nsec")

    def test_words_are_escaped(self):
        self.assertEqual(guest.escaped("ls -l '%x'\n\u00e9"), "ls%20-l%20%27%25x%27%0A%C3%A9")


class Scenarios(unittest.TestCase):
    def parsed(self, text):
        with tempfile.TemporaryDirectory() as folder:
            path = f"{folder}/one.scn"
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)
            return scenario.parse(path)

    def test_configurations(self):
        cover = self.parsed("machines: riscv64 loongarch64\ncpus: 1 8\nclusters: MP 64K 256K\nrun: true\n")
        self.assertEqual([str(c) for c in scenario.configurations(cover)],
                         ["riscv64/1/MP", "riscv64/8/64K", "riscv64/1/256K", "loongarch64/1/MP", "loongarch64/4/64K", "loongarch64/1/256K"])
        full = self.parsed("machines: riscv64\ncpus: 1 4\nclusters: MP 64K\nmatrix: full\nrun: true\n")
        self.assertEqual(len(scenario.configurations(full)), 4)

    def test_refused(self):
        for text, pattern in (("colour: red\n", "not a key"), ("run: a\nrun: b\n", "twice"), (" x\n", "indented"), ("machines: vax\nrun: a\n", "vax"),
                              ("machines: all\n", "nothing to run"), ("run: a\nsend: b\n", "excludes"), ("run: a\nexpect: /(/\n", "regular expression"),
                              ("run: a\nmatrix: some\n", "matrix"), ("run: a\nlimit: 0\n", "limit")):
            with self.subTest(text=text), self.assertRaisesRegex(UserError, pattern):
                self.parsed(text)

    def test_output_is_compared(self):
        one = self.parsed("run: x\nexpect: a\nexpect: /^b+$/\nrefuse: /panic/\n")
        scenario.check_output(one, "noise\na\nmore\nbbb\n")
        for output in ("bbb\na\n", "a\n", "a\nbbb\npanic\n"):
            with self.subTest(output=output), self.assertRaises(scenario.Failed):
                scenario.check_output(one, output)
        only = self.parsed("run: x\nonly: yes\nexpect: a\nexpect: b\n")
        scenario.check_output(only, "a\nb\n")
        with self.assertRaisesRegex(scenario.Failed, "line 2"):
            scenario.check_output(only, "a\nc\n")

    def test_what_is_sent(self):
        self.assertEqual(scenario.unescaped(r"a\n\x41\\n^C"), "a\nA\\n\x03")

    def test_all_scenarios_are_well_formed(self):
        folder = os.path.join(ROOT, "tests/scenarios")
        for name in sorted(os.listdir(folder)):
            with self.subTest(name=name):
                scenario.parse(os.path.join(folder, name))


class Cpus(unittest.TestCase):
    class Names:
        def name(self, address):
            return f"f+{address & 0xff:#x}"

    def test_program_counters_of_all_machines_are_found(self):
        for text, pc in (("CPU#0\nRAX=0 RBX=0\nRIP=ffffffff80100012 RFL=00000002 [-------] CPL=0", 0xffffffff80100012),
                         ("\nCPU#0\n PC=ffff000040080012 X00=0000000000000000\nX30=ffff000040080000", 0xffff000040080012),
                         ("CPU#0\n pc       ffffffff80200012\n mhartid  0", 0xffffffff80200012),
                         ("CPU#0\nPC=9000000000200012  FCSR0 0x00000000", 0x9000000000200012),
                         ("CPU#0\npc=0xffffffff80200012 HI=0x0 LO=0x0", 0xffffffff80200012)):
            with self.subTest(text=text):
                self.assertIn(f"CPU 0: pc {pc:#x} f+0x12", guest.describe_cpus(text, self.Names()))


if __name__ == "__main__":
    unittest.main()
