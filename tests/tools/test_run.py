"""./heddle: arguments that are wrong, the marks of -x, scenarios, and where CPUs stand."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools"))

import guest
import heddle
import scenario
from common import UserError


class Arguments(unittest.TestCase):
    """What is wrong is said in one sentence, with exit status 2, before anything is installed, built or started."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="heddle-test-")
        self.addCleanup(shutil.rmtree, self.folder)
        for name in ("make", "apt-get", "sudo", "qemu-system-x86_64", "clang-tidy-19"):
            with open(f"{self.folder}/{name}", "w", encoding="utf-8") as f:
                f.write(f"#!/bin/sh\ntouch {self.folder}/started\nexit 1\n")
            os.chmod(f"{self.folder}/{name}", 0o755)
        self.environment = os.environ | {"PATH": f"{self.folder}:{os.environ['PATH']}", "HEDDLE_BUILD": f"{self.folder}/build"}

    def heddle(self, *words):
        return subprocess.run([f"{ROOT}/heddle", *words], capture_output=True, text=True, stdin=subprocess.DEVNULL, env=self.environment, check=False)

    def refused(self, words, pattern):
        with self.subTest(words=words):
            done = self.heddle(*words)
            self.assertEqual((done.stdout, done.returncode), ("", 2), done.stderr)
            self.assertRegex(done.stderr, rf"^heddle: [^\n]*{pattern}[^\n]*\n$")
            self.assertEqual([n for n in ("started", "build") if os.path.exists(f"{self.folder}/{n}")], [])

    def disks(self, count):
        """Returns: options for so many disks."""
        words = []
        for number in range(count):
            shutil.copy(f"{self.folder}/disk", f"{self.folder}/disk{number}")
            words += ["--disk", f"{self.folder}/disk{number}"]
        return words

    def test_wrong_ones(self):
        with open(f"{self.folder}/disk", "wb") as f:
            f.truncate(1 << 20)
        os.mkfifo(f"{self.folder}/fifo")
        os.mkdir(f"{self.folder}/other")
        with open(f"{self.folder}/other/make", "w", encoding="utf-8"):
            pass
        for words, pattern in ((["run", "--bogus"], "unrecognized arguments: --bogus"), (["run", "-x"], "-x"), (["run", "ls"], "ls"), (["run", "-m", "much"], "not an amount"),
                               (["run", "-m", "-5M"], ""), (["run", "-c", "32K"], "not a cluster size.*MP 16K 64K 128K 256K"), (["run", "--limit", "soon"], "limit"),
                               (["run", "--limit", "0"], "limit"), (["run", "-p", "/no/such"], "no file or folder '/no/such'"), (["run", "-p", ""], "no file or folder ''"),
                               (["run", "-p", "/"], "no name"), (["run", "-p", f"{self.folder}/fifo"], "neither a file nor a folder"),
                               (["run", "-p", f"{self.folder}/make", "-p", f"{self.folder}/other/make"], "would both be /host/make"),
                               (["run", "--disk", "/no/such"], "no file '/no/such' for a disk"), (["run", "--disk", ""], "no file '' for a disk"),
                               (["run", "--disk", self.folder], "no file that could be a disk"), (["run", "--disk", f"{self.folder}/other/make"], "too small"),
                               (["run", "--disk", f"{self.folder}/disk", "--disk", f"{self.folder}/disk"], "cannot be two disks"),
                               (["run", "-a", "mips64el", *self.disks(5)], "mips64el has room for 4 disks"),
                               (["run", "--kernel-only", "-x", "ls"], "needs programs"), (["image"], "OUT"), (["image", "/no/such/folder/x"], "cannot be written"),
                               (["image", "--kernel-only", "x"], "would be empty"), (["bench", "nothing"], "no suite 'nothing'"), (["test", "--jobs", "0"], "machines at a time"),
                               (["test", "--times", "0"], "number of times"),
                               (["weave"], "no command 'weave'"), (["-x"], "no command '-x'"), (["r.n"], "no command 'r.n'"), (["run -x"], "no command 'run -x'")):
            self.refused(words, pattern)

    def test_each_command_refuses_options_and_machines_that_are_not_there(self):
        for command in ("run", "test", "bench", "gdb", "check", "image"):
            out = ["out"] if command == "image" else []
            self.refused([command, "--bogus", *out], "--bogus")
            self.refused([command, "-a", "vax", *out], "no machine 'vax'; there are: x86_64 aarch64 riscv64 loongarch64 mips64el")

    def test_each_machine_has_its_least_memory_and_most_cpus(self):
        for name, least, most in (("x86_64", 64, 8), ("aarch64", 64, 8), ("riscv64", 64, 8), ("loongarch64", 1024, 4), ("mips64el", 64, 8)):
            self.refused(["run", "-a", name, "-m", f"{least - 1}M"], f"{least - 1}M of memory is too little: {name} needs at least {least}M")
            for cpus in (0, most + 1, "-1", "two", ""):
                self.refused(["run", "-a", name, f"-s{cpus}" if cpus else "-s", *([] if cpus else [""])], f"not a number of CPUs; {name} takes 1 to {most}")

    def test_help(self):
        done = self.heddle("help")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        commands = [line.split()[0] for line in done.stdout.splitlines() if line.startswith("  ") and line[2:3].strip()]
        self.assertEqual(sorted(commands), sorted([*heddle.MODULES, "setup", "help"]))
        nothing = self.heddle()
        self.assertEqual((nothing.stdout, nothing.stderr, nothing.returncode), ("", done.stdout, 2))

    def test_help_names_only_options_that_are_there(self):
        page = self.heddle("help").stdout
        for command in [*heddle.MODULES, "setup"]:
            options = re.findall(r"(?<![\w-])--?[a-z]+", re.search(rf"(?m)^  {command}\b(.*)", page).group(1))
            own = self.heddle(command, "--help")
            self.assertEqual((own.returncode, own.stderr), (0, ""))
            for option in options:
                self.assertRegex(own.stdout, rf"(?<![\w-]){option}\b", command)


class Marks(unittest.TestCase):
    def filtered(self, data, piece):
        marks = guest.MarkFilter()
        return b"".join(marks.feed(data[i:i + piece]) for i in range(0, len(data), piece)), marks.status

    def test_any_cutting_gives_the_same(self):
        for data, output in ((b"log\n\x1eHEDDLE-BEGIN\nab\n\n\x1eHEDDLE-END 7\n", b"ab\n"), (b"\x1eHEDDLE-BEGIN\n\n\x1eHEDDLE-END 7\nlog\n", b""),
                             (b"x\r\n\x1eHEDDLE-BEGIN\r\na\r\nb\r\n\r\n\x1eHEDDLE-END 7\r\n", b"a\nb\n"),
                             (b"\x1eHEDDLE-BEGIN\r\na\r\r\nb\r\r\n\x1eHEDDLE-END 7\r\n", b"a\r\nb\r"),
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
        self.assertEqual(len(scenario.configurations(cover, full=True)), 12)
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

    def test_what_a_failure_shows(self):
        lines = ["FAIL a.c:3: x", *["noise"] * 100, "FAIL b.c:4: y", *["more"] * 30]
        self.assertEqual(scenario.telling(lines), ["FAIL a.c:3: x", "...", *lines[-60:]])
        self.assertEqual(scenario.telling(lines[-5:]), ["more"] * 5)

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
