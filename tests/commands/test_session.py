"""./heddle run: commands and their exit status, files of the host, the ways out of a session."""

import os
import subprocess
import tempfile
import unittest

from command import ENVIRONMENT, MACHINES, ROOT, Terminal, heddle, on_each_machine

RUN = ("run", "--no-make", "-a", MACHINES[0])
PROMPT = "/ # "


def write(path, text, mode=0o644):
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)
    os.chmod(path, mode)


@on_each_machine
class EachMachine:
    def run_here(self, *words):
        return heddle("run", "--no-make", "-a", self.machine, *words)

    def test_output_and_status_are_the_commands(self):
        done = self.run_here("-x", "echo out; echo error >&2; uname -m; exit 3")
        machine = {"mips64el": "mips64"}.get(self.machine, self.machine)
        self.assertEqual((done.stdout, done.stderr, done.returncode), (f"out\nerror\n{machine}\n", "", 3))

    def test_host_program(self):
        with tempfile.TemporaryDirectory() as folder:
            config = f"{ROOT}/build/ports/musl-{self.machine}/clang.cfg"
            source = b'#include <stdio.h>\nint main(int n, char **w) { printf("%d %s\\n", n, w[n - 1]); return 7; }'
            subprocess.run(["clang-19", f"--config={config}", "-x", "c", "-", "-o", f"{folder}/prog"], input=source, check=True)
            done = self.run_here("-p", f"{folder}/prog", "-x", "/host/prog 'an argument'")
            self.assertEqual((done.stdout, done.stderr, done.returncode), ("2 an argument\n", "", 7))

    def test_a_panic_names_functions(self):
        done = self.run_here("--kernel-only", "--limit", "60")
        self.assertEqual((done.returncode, done.stderr), (125, ""))
        self.assertRegex(done.stdout.replace("\r", ""), r"PANIC: there is no boot image: nothing to run\n(  [0-9a-f]{16}  \w+\+0x\w+\n)*  [0-9a-f]{16}  kernel_main\+0x")

    def test_restart_and_power_off(self):
        with Terminal("run", "--no-make", "-a", self.machine) as terminal:
            terminal.expect(PROMPT)
            terminal.send("reboot\n")
            terminal.expect(r"Heddle: 1 CPU\(s\)")
            terminal.expect(PROMPT)
            terminal.send("poweroff\n")
            self.assertEqual(terminal.status(), 0)


class Commands(unittest.TestCase):
    def test_statuses(self):
        for command, status in (("", 0), ("true", 0), ("false", 1), ("exit 255", 255), ("sh -c 'kill -TERM $$'", 143), ("kill -KILL $$", 137), ("/no/such", 127),
                                ("services kill proc; sleep 1000", 255)):
            with self.subTest(command=command):
                done = heddle(*RUN, "-x", command)
                self.assertEqual((done.returncode, done.stderr), (status, ""))

    def test_output_is_bytes(self):
        for command, output in (("printf 'no newline'", b"no newline"), ("printf '\\n\\n'", b"\n\n"), ("printf 'a\\r\\nb\\r'", b"a\r\nb\r"),
                                ("printf '\\001\\377\\000'", b"\x01\xff\x00"), ("printf '\\036HEDDLE-END 5\\n'", b"\x1eHEDDLE-END 5\n")):
            with self.subTest(command=command):
                self.assertEqual(heddle(*RUN, "-x", command, text=False).stdout, output)

    def test_much_output(self):
        self.assertEqual(heddle(*RUN, "-x", "seq 20000").stdout, "".join(f"{n}\n" for n in range(1, 20001)))

    def test_reader_that_goes_away(self):
        with subprocess.Popen([f"{ROOT}/heddle", *RUN, "-x", "yes"], env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as running:
            self.assertEqual(running.stdout.readline(), b"y\n")
            running.stdout.close()
            self.assertEqual(running.stderr.read(), b"")
            self.assertEqual(running.wait(60), 141)

    def test_machine_that_goes_off_first(self):
        done = heddle(*RUN, "-x", "poweroff; sleep 1000")
        self.assertEqual(done.returncode, 125)
        self.assertIn("heddle: the machine stopped before the command ended", done.stderr)

    def test_signal_for_power_that_the_first_process_handles(self):
        done = heddle(*RUN, "-x", "trap 'echo caught' USR1 TERM; sh -c 'kill -USR1 1; kill -TERM 1'; echo goes on")
        self.assertEqual((done.stdout, done.returncode), ("caught\ncaught\ngoes on\n", 0))

    def test_no_end(self):
        done = heddle(*RUN, "--limit", "3", "-x", "sleep 1000")
        self.assertEqual(done.returncode, 124)
        self.assertRegex(done.stderr, r"heddle: no end after 3 seconds\nCPU 0: pc 0x\w+ \w+\+0x")


class HostFiles(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="heddle-test-")
        self.addCleanup(subprocess.run, ["rm", "-rf", self.folder], check=True)

    def test_paths_are_those_of_the_folder_it_is_called_in(self):
        write(f"{self.folder}/prog", "#!/bin/sh\necho $0 $1\n", 0o755)
        done = heddle(*RUN, "-p", "./prog", "-x", "/host/prog arg", folder=self.folder)
        self.assertEqual((done.stdout, done.stderr, done.returncode), ("/host/prog arg\n", "", 0))

    def test_folders_and_links_and_modes(self):
        os.makedirs(f"{self.folder}/things/sub/empty")
        write(f"{self.folder}/things/sub/script", "#!/bin/sh\ncat $(dirname $0)/data; exit 4\n", 0o755)
        write(f"{self.folder}/things/sub/data", "content\n", 0o640)
        os.symlink("sub/script", f"{self.folder}/things/link")
        os.symlink("things", f"{self.folder}/other")
        done = heddle(*RUN, "-p", f"{self.folder}/things/", "-p", f"{self.folder}/other",
                      "-x", "cd /host; find * | sort; stat -c %a things/sub/data; other/sub/script")
        names = ["", "/link", "/sub", "/sub/data", "/sub/empty", "/sub/script"]
        expected = [f"{top}{name}" for top in ("other", "things") for name in names] + ["640", "content"]
        self.assertEqual((done.stdout.splitlines(), done.stderr, done.returncode), (expected, "", 4))

    def test_files_too_large_for_the_memory(self):
        with open(f"{self.folder}/large", "wb") as f:
            f.truncate(64 << 20)
        done = heddle(*RUN, "-m", "1024M" if MACHINES[0] == "loongarch64" else "80M", "-p", f"{self.folder}/large", "-x", "ls -s /host")
        if MACHINES[0] != "loongarch64":
            self.assertEqual((done.stdout, done.returncode), ("", 2))
            self.assertRegex(done.stderr, r"^heddle: 80M of memory is too little for these files: they take at least -m \d+M\n$")

    def test_what_is_no_file(self):
        os.mkdir(f"{self.folder}/things")
        os.mkfifo(f"{self.folder}/things/fifo")
        for path in ("things", "things/fifo"):
            done = heddle(*RUN, "-p", f"{self.folder}/{path}", "-x", "true")
            self.assertEqual((done.stdout, done.returncode), ("", 2))
            self.assertRegex(done.stderr, r"^heddle: '.*/things/fifo' is neither a file.*\n$")


class Ways(unittest.TestCase):
    """Out of a session."""

    def test_session_ends(self):
        for keys in ("poweroff\n", "exit\n", "exit 3\n", "halt\n", "\x04", "\x01x"):
            with self.subTest(keys=keys), Terminal(*RUN) as terminal:
                terminal.expect(PROMPT)
                terminal.send(keys)
                self.assertEqual(terminal.status(), 0)
                self.assertNotRegex(terminal.text, "PANIC|Traceback")

    def test_keys_are_the_guests(self):
        with Terminal(*RUN) as terminal:
            terminal.expect(PROMPT)
            terminal.send("sh -c 'echo started; exec sleep 1000'\n")  # the shell gives it the terminal before it runs
            terminal.expect("\nstarted\n")
            terminal.send_until("\x03", PROMPT)
            terminal.send("exit\n")
            self.assertEqual(terminal.status(), 0)

    def test_first_line(self):
        with Terminal(*RUN, "-s", "2", "-m", "1024M", "-c", "128k") as terminal:
            terminal.expect(PROMPT)
            terminal.send("\x01x")
            terminal.status()
            firmware = r"\n(?:.*\n)*" if MACHINES[0] == "riscv64" else ""  # OpenSBI tells about itself
            self.assertRegex(terminal.text, rf"\A{firmware}Heddle: 2 CPU\(s\), \d+ MiB free, cluster 128 KiB\n")


if __name__ == "__main__":
    unittest.main()
