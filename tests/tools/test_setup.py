"""tools/setup.sh: what is missing is installed or named, on systems that are made up of a few programs in a folder."""

import os
import shutil
import subprocess
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BASE = ("sh", "cat", "dirname", "env", "grep", "head", "id", "mkdir", "mktemp", "readlink", "sed", "tail", "touch", "tr")
COMPILER = ("clang-19", "ld.lld-19", "llvm-objcopy-19", "llvm-ar-19", "make", "python3", "zstd", "xz", "cpio")


class Setup(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="heddle-test-")
        self.addCleanup(shutil.rmtree, self.folder)
        for name in BASE:
            os.symlink(shutil.which(name), f"{self.folder}/{name}")
        for name in (*COMPILER, "sleep"):
            self.program(name, "")
        self.program("id", "echo 0")
        self.program("apt-cache", "")

    def program(self, name, text):
        path = f"{self.folder}/{name}"
        if os.path.islink(path):
            os.unlink(path)
        with open(path, "w", encoding="utf-8") as f:
            f.write(f"#!/bin/sh\n{text}\n")
        os.chmod(path, 0o755)

    def setup(self, *words):
        done = subprocess.run([f"{ROOT}/tools/setup.sh", *words], capture_output=True, text=True, env={"PATH": self.folder}, stdin=subprocess.DEVNULL,
                              start_new_session=True, check=False)
        self.assertEqual(done.stdout, "")
        return done.returncode, done.stderr

    def test_nothing_is_missing(self):
        self.program("qemu-system-riscv64", "")
        self.assertEqual(self.setup("--for", "run", "-a", "riscv64"), (0, ""))

    def test_only_looks(self):
        os.unlink(f"{self.folder}/zstd")
        self.program("qemu-system-riscv64", "")
        self.assertEqual(self.setup("--for", "run", "-a", "riscv64", "-n"), (1, "setup: missing: zstd\n"))

    def test_what_each_purpose_needs(self):
        for words, names in ((("--for", "run", "-a", "x86_64"), {"qemu-system-x86"}), (("--for", "gdb", "-a", "aarch64"), {"qemu-system-arm", "gdb-multiarch"}),
                             (("--for", "check"), {"clang-tidy-19"})):
            with self.subTest(words=words):
                status, said = self.setup(*words, "-n")
                self.assertEqual((status, set(said.split()[2:])), (1, names))
        status, said = self.setup("--for", "test", "-n")
        self.assertLess({"qemu-system-x86", "qemu-system-arm", "qemu-system-mips", "gdb-multiarch", "bzip2"}, set(said.split()))

    def test_installs(self):
        self.program("apt-get", f'case $* in *install*qemu-system-x86*) [ "$DEBIAN_FRONTEND" = noninteractive ] && case $* in *" -s "*) ;; *) touch {self.folder}/done; ln -s /bin/true '
                                f'{self.folder}/qemu-system-x86_64 ;; esac ;; esac')
        os.symlink(shutil.which("ln"), f"{self.folder}/ln")
        status, said = self.setup("--for", "run", "-a", "x86_64")
        self.assertEqual(status, 0, said)
        self.assertRegex(said, r"^setup: installing qemu-system-x86 \(.*\)\n$")
        self.assertTrue(os.path.exists(f"{self.folder}/done"))

    def test_cannot_be_installed(self):
        how = r"\nGet them, as root, with:\n    apt-get update && apt-get install --no-install-recommends qemu-system-mips\n$"
        self.program("apt-get", "echo E: no network; exit 100")
        status, said = self.setup("--for", "run", "-a", "mips64el")
        self.assertEqual(status, 2)
        self.assertRegex(said, "(?s)E: no network.*setup: missing: qemu-system-mips\napt-get could not install them; it said the above." + how)
        self.program("id", "echo 1000")
        status, said = self.setup("--for", "run", "-a", "mips64el")
        self.assertEqual(status, 2)
        self.assertRegex(said, "^setup: missing: qemu-system-mips\nThey need root to install, and there is no sudo." + how)
        self.program("sudo", "exit 1")
        status, said = self.setup("--for", "run", "-a", "mips64el")
        self.assertEqual(status, 2)
        self.assertRegex(said, "^setup: missing: qemu-system-mips\n.*there is no terminal to ask on." + how)

    def test_another_system(self):
        status, said = self.setup("--for", "run", "-a", "x86_64")
        self.assertEqual(status, 2)
        self.assertRegex(said, "^setup: missing: qemu-system-x86\nThis system has no apt-get")

    def test_wrong_words(self):
        for words in (("--for", "fun"), ("--for",), ("-a", "vax"), ("-a",), ("all",)):
            with self.subTest(words=words):
                status, said = self.setup(*words)
                self.assertEqual(status, 2)
                self.assertRegex(said, r"^setup: .*\n$")


if __name__ == "__main__":
    unittest.main()
