"""A machine running in QEMU: how it is started, watched, talked to and, when it hangs, asked where it stands."""

import bisect
import contextlib
import json
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass, field

import image
from common import ROOT, UserError, build_folder
from machines import MIB, disk_options

BESIDES_FILES = 24 * MIB  # what kernel and services need beside the boot image and its files
PANIC = re.compile(rb"PANIC: ")  # kernel/debug/panic.c
PROGRAM_COUNTER = re.compile(r"\b(?:RIP|PC|pc)\b[ =]*(?:0x)?([0-9a-f]{8,16})")
RETURN_ADDRESS = re.compile(r"(?:\bX30|\bra|x1/ra|\br1)[ =]+(?:0x)?([0-9a-f]{8,16})")
# Where QEMU shows the frame pointer, and where the words (caller's frame pointer, return address) lie from it.
FRAME_POINTERS = ((re.compile(r"\bRBP=([0-9a-f]{16})"), 0), (re.compile(r"\bX29=([0-9a-f]{16})"), 0), (re.compile(r"\bx8/s0 +([0-9a-f]{16})"), -16),
                  (re.compile(r"\br22 +([0-9a-f]{16})"), -16))
PLAIN = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./:,+=@-"


@dataclass
class Settings:
    machine: object
    cpus: int = 1
    memory: int = 0                # bytes; 0: the machine's default
    cluster: str = "64K"
    debug: bool = False
    host_paths: list = field(default_factory=list)
    words: list = field(default_factory=list)    # more of the command line
    kernel_only: bool = False      # no boot image
    options: list = field(default_factory=list)  # more for QEMU
    machine_options: tuple = ()    # instead of the machine's
    folder: str = ""               # the build folder; "": the usual one
    disks: list = field(default_factory=list)    # files that are disks
    scratch: list = field(default_factory=list)  # sizes in bytes of empty disks that go with the machine
    snapshot: bool = False         # what is written to disks is forgotten
    native: str = ""               # a program of tests/native that boots in place of init, without an archive


def escaped(text):
    """Returns: one word of a boot command line (abi/boot_image.h)."""
    return "".join(chr(b) if b in PLAIN else f"%{b:02X}" for b in text.encode(errors="surrogateescape"))


class Boot:
    """The files that a machine boots from. Owner of a temporary folder: use with `with`."""

    def __init__(self, settings):
        self.settings = settings
        self.build = settings.folder or build_folder(settings.machine.name, settings.debug)
        self.kernel = f"{self.build}/kernel.elf"
        self.folder = None
        self.disk_options = []

    def __enter__(self):
        machine, settings = self.settings.machine, self.settings
        if not shutil.which(machine.qemu):
            raise UserError(f"{machine.qemu} is not installed; ./heddle setup installs it")
        if not os.path.exists(self.kernel):
            raise UserError(f"there is no '{self.kernel}'; build it with: make ARCH={machine.name}")
        self.folder = tempfile.mkdtemp(prefix="heddle-")
        try:
            if not settings.kernel_only:
                self.make_image()
            self.make_disks()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder, ignore_errors=True)

    def make_image(self):
        settings = self.settings
        init = f"{self.build}/tests/{settings.native}.elf" if settings.native else f"{self.build}/servers/init.elf"
        if not os.path.exists(init):
            raise UserError(f"there is no '{init}' to start; --kernel-only boots without programs")
        cmdline = " ".join([f"cluster={settings.cluster}"] + settings.words)
        try:
            collected = image.Archive() if settings.native else image.collect(settings.machine.name, self.build, settings.host_paths)
            archive = collected.bytes()
            self.check_room(len(archive))
            data = image.make_image(init, settings.machine.name, cmdline, archive, f"{self.build}/archives")
            self.check_room(len(archive) + len(data))
        except image.ImageError as error:
            raise UserError(str(error)) from None
        except PermissionError as error:
            raise UserError(f"'{error.filename}' may not be read") from None
        with open(f"{self.folder}/boot.img", "wb") as f:
            f.write(data)

    def make_disks(self):
        """Find the options for disks, and make those that go with the machine."""
        paths = list(self.settings.disks)
        for number, size in enumerate(self.settings.scratch):
            paths.append(f"{self.folder}/disk{number}")
            with open(paths[-1], "wb") as f:
                f.truncate(size)
        try:
            self.disk_options = disk_options(self.settings.machine, paths, self.settings.snapshot)
        except ValueError as error:
            raise UserError(str(error)) from None

    def check_room(self, size):
        """The boot image and what is unpacked from it are both in the machine's memory."""
        memory, needed = self.settings.memory or self.settings.machine.memory, size + BESIDES_FILES
        if needed > memory:
            raise UserError(f"{memory // MIB}M of memory is too little for these files: they take at least -m {-(-needed // MIB)}M")

    def kernel_file(self):
        """Returns: what -kernel takes."""
        if self.settings.machine.kernel == "elf":
            return self.kernel
        flat = f"{self.folder}/kernel.bin"
        subprocess.run(["llvm-objcopy-19", "-O", "binary", self.kernel, flat], check=True)
        return flat

    def command(self):
        settings, machine = self.settings, self.settings.machine
        # Whatever becomes of us, the machine does not outlive the thread that started it.
        command = ["setpriv", "--pdeathsig", "KILL", machine.qemu, *(settings.machine_options or machine.options), "-smp", str(settings.cpus),
                   "-m", f"{(settings.memory or machine.memory) // MIB}M", "-nodefaults", "-nic", "none", "-kernel", self.kernel_file()]
        if settings.cpus > len(os.sched_getaffinity(0)) // 2:
            # Guest CPUs as threads wait for each other by spinning: with too few host CPUs (and two machines at a time), mostly in vain.
            command += ["-accel", "tcg,thread=single"]
        if machine.append:
            command += ["-append", machine.append.format(cpus=settings.cpus)]
        if not settings.kernel_only:
            path = f"{self.folder}/boot.img"
            command += ["-initrd", path] if machine.image == "initrd" else ["-device", f"loader,file={path},addr={machine.image:#x},force-raw=on"]
        return command + self.disk_options + settings.options


class Guest:
    """A started machine with its serial line on pipes. Owner of the QEMU process: use with `with`."""

    def __init__(self, boot):
        self.boot = boot
        self.transcript = bytearray()
        self.position = 0              # what expect() has consumed
        self.started = time.monotonic()
        self.monitor_path = f"{boot.folder}/qmp"
        command = boot.command() + ["-display", "none", "-monitor", "none", "-chardev", "stdio,id=line,signal=off", "-serial", "chardev:line",
                                    "-no-reboot", "-qmp", f"unix:{self.monitor_path},server=on,wait=off"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT,
                                        start_new_session=True)
        self.errors = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            try:
                pipe.close()
            except OSError:
                pass

    def seconds(self):
        return time.monotonic() - self.started

    def read(self, timeout):
        """Returns: what came within `timeout` seconds (b"" for nothing yet), or None when the machine is off."""
        ready, _, _ = select.select([self.process.stdout], [], [], max(0, timeout))
        if not ready:
            return b""
        data = os.read(self.process.stdout.fileno(), 65536)
        if not data:
            self.errors += self.process.stderr.read()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(5)
            return None
        self.transcript += data
        return data

    def send(self, text):
        self.process.stdin.write(text.encode())
        self.process.stdin.flush()

    def refused(self):
        """Returns: what QEMU said instead of starting the machine, or ""."""
        if self.transcript or not self.process.poll():
            return ""
        return " ".join(line.split(": ", 1)[-1].strip() for line in self.errors.decode(errors="replace").splitlines())

    def cpu_states(self):
        """Returns: text that says where each CPU stands, or why that cannot be found out."""
        if self.process.poll() is not None:
            return f"QEMU ended with status {self.process.returncode}. {self.errors.decode(errors='replace').strip()}\n"
        try:
            monitor = Monitor(self.monitor_path)
            monitor.ask("stop")
            return describe_cpus(monitor.command("info registers -a"), Symbols(self.boot.kernel), monitor.read_words)
        except (OSError, ValueError) as error:
            return f"QEMU does not answer: {error}\n"


class Monitor:
    """QEMU's control socket."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(10)
        self.socket.connect(path)
        self.stream = self.socket.makefile("r")
        json.loads(self.stream.readline())
        self.ask("qmp_capabilities")

    def ask(self, command, **arguments):
        self.socket.sendall((json.dumps({"execute": command, "arguments": arguments}) + "\n").encode())
        for line in self.stream:
            answer = json.loads(line)
            if "return" in answer:
                return answer["return"]
            if "error" in answer:
                raise ValueError(answer["error"].get("desc", "unknown error"))
        raise ValueError("it closed the connection")

    def command(self, text, cpu=0):
        return self.ask("human-monitor-command", **{"command-line": text, "cpu-index": cpu})

    def read_words(self, cpu, address, count):
        """Returns: 64-bit words of a CPU's virtual memory, fewer where it is not there."""
        text = self.command(f"x/{count}gx {address:#x}", cpu)
        return [int(word, 16) for word in re.findall(r"(?<=\s)0x[0-9a-f]{16}", text)]


class Symbols:
    """The functions of a kernel ELF file, by address."""

    def __init__(self, path):
        done = subprocess.run(["llvm-nm-19", "-n", path], capture_output=True, text=True, check=False)
        fields = [line.split() for line in done.stdout.splitlines()]
        found = [(int(f[0], 16), f[2]) for f in fields if len(f) == 3 and f[1] in "tTwW" and not f[2].startswith(("$", ".L"))]
        self.addresses = [a for a, _ in found]
        self.names = [n for _, n in found]

    def name(self, address):
        at = bisect.bisect_right(self.addresses, address) - 1
        if at < 0 or address - self.addresses[at] > 1 << 20:
            return "not in the kernel"
        return f"{self.names[at]}+{address - self.addresses[at]:#x}"


def describe_cpus(registers, symbols, read_words=lambda cpu, address, count: []):
    """Returns: a line for each CPU's program counter, and below it those it was called from. read_words: memory as the CPU sees it."""
    out = []
    blocks = [b for b in re.split(r"(?=CPU#\d+)", registers) if PROGRAM_COUNTER.search(b)]
    for number, block in enumerate(blocks):
        pc = int(PROGRAM_COUNTER.search(block).group(1), 16)
        out.append(f"CPU {number}: pc {pc:#x} {symbols.name(pc)}\n")
        callers = stack_of(block, lambda address, count, number=number: read_words(number, address, count))
        back = RETURN_ADDRESS.search(block)
        if not callers and back:
            callers = [int(back.group(1), 16)]
        out += [f"    from {address:#x} {symbols.name(address)}\n" for address in callers]
    return "".join(out) or registers


def stack_of(block, read_words):
    """Returns: the return addresses, by the chain of frame pointers. Each machine's pair of words lies at its own distance."""
    for pattern, distance in FRAME_POINTERS:
        if match := pattern.search(block):
            break
    else:
        return []
    callers, pointer = [], int(match.group(1), 16)
    while len(callers) < 20 and pointer >> 63 and pointer % 8 == 0:
        words = read_words(pointer + distance, 2)
        if len(words) != 2 or not words[1]:
            break
        callers.append(words[1])
        if words[0] <= pointer:
            break
        pointer = words[0]
    return callers


class MarkFilter:
    """Takes the serial line's bytes, gives what is between the marks of abi/boot_image.h."""

    BEGIN = re.compile(rb"\x1eHEDDLE-BEGIN(\r?)\n")
    END = re.compile(rb"\r?\n\x1eHEDDLE-END (\d+)\r?\n")
    PARTIAL = re.compile(rb"\r?(?:\n(?:\x1e[^\n]{0,40}\r?)?)?\Z")

    def __init__(self):
        self.pending = b""
        self.begun = False
        self.strip_returns = False
        self.status = None

    def feed(self, data):
        """Returns: bytes of the program's output."""
        if self.status is not None:
            return b""
        self.pending += data
        if not self.begun:
            begin = self.BEGIN.search(self.pending)
            if not begin:
                return b""
            self.begun, self.strip_returns = True, bool(begin.group(1))
            self.pending = self.pending[begin.end():]
            # The end mark starts with a newline of its own, which may follow the begin mark at once.
        end = self.END.search(self.pending)
        if end:
            output, self.pending, self.status = self.pending[:end.start()], b"", int(end.group(1))
        else:
            keep = self.PARTIAL.search(self.pending).start()
            output, self.pending = self.pending[:keep], self.pending[keep:]
        return output.replace(b"\r\n", b"\n") if self.strip_returns else output
