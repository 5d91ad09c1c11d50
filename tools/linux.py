"""What the build machine's Linux prints for a shell command, run by the same busybox that a machine of ours has: natively, or by qemu-user.
Works in a fresh root folder. Requires: root, or user namespaces."""

import concurrent.futures
import os
import shutil
import signal
import stat
import subprocess
import tempfile
import threading

import image
from common import ROOT, UserError, fetch_ports

DEVICES = {"null": (1, 3), "zero": (1, 5), "full": (1, 7), "random": (1, 8), "urandom": (1, 9)}
ENVIRONMENT = {"PATH": "/bin:/sbin:/usr/bin", "HOME": "/root", "TERM": "dumb", "USER": "root", "SHELL": "/bin/sh"}


known = {}  # (command, machine, paths): Future of the output
known_lock = threading.Lock()


def output_of(command, arch, host_paths):
    """Returns: the text of its standard output. The same command is run once, however many ask."""
    key = (command, arch, tuple(host_paths))
    with known_lock:
        future = known.get(key)
        if mine := future is None:
            future = known[key] = concurrent.futures.Future()
    if mine:
        try:
            future.set_result(run(command, arch, host_paths))
        except BaseException as error:
            future.set_exception(error)
    return future.result()


def run(command, arch, host_paths, limit=300):
    busybox = os.path.join(ROOT, f"build/ports/busybox-{arch}/busybox")
    if not os.path.exists(busybox):
        fetch_ports(["busybox"], arch)
    emulator = find_emulator(arch)
    folder = tempfile.mkdtemp(prefix="heddle-linux-")
    try:
        make_root(folder, busybox, emulator, host_paths)
        words = ["env", "--default-signal"] + enter(folder) + ["/bin/sh", "-c", command]  # whatever the caller of the tests ignores
        with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRONMENT, stdin=subprocess.DEVNULL,
                              start_new_session=True) as shell:
            try:
                return shell.communicate(timeout=limit)[0].decode(errors="replace")
            except BaseException:
                os.killpg(shell.pid, signal.SIGKILL)
                raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def find_emulator(arch):
    if os.uname().machine == arch:
        return None
    found = shutil.which(f"qemu-{arch}-static") or shutil.which(f"qemu-{arch}")
    if not found:
        raise UserError(f"qemu-{arch} is not installed; ./heddle setup installs it")
    return found


def enter(folder):
    """Returns: the words before a command that make the folder its root."""
    if os.geteuid() == 0:
        return ["chroot", folder]
    binds = "; ".join(f"mount --bind /dev/{name} {folder}/dev/{name}" for name in DEVICES)
    return ["unshare", "-r", "-m", "sh", "-c", f'{binds}; exec chroot {folder} "$@"', "sh"]


def make_root(folder, busybox, emulator, host_paths):
    archive = image.Archive()
    for path in ("bin", "dev", "etc", "host", "proc", "root", "usr"):
        archive.add(path, stat.S_IFDIR | 0o755)
    archive.add("tmp", stat.S_IFDIR | 0o1777)
    for link, target in (("sbin", "bin"), ("usr/bin", "../bin")):
        archive.add(link, stat.S_IFLNK | 0o777, target.encode())
    image.add_busybox(archive, busybox)
    without_proc(archive)
    if os.path.isdir(os.path.join(ROOT, "rootfs/etc")):
        archive.add_tree(os.path.join(ROOT, "rootfs/etc"), "etc")
    for path in host_paths:
        archive.add_tree(os.path.realpath(path), f"host/{os.path.basename(path)}")
    if emulator:
        through_emulator(archive, emulator)
    for path, (mode, data) in sorted(archive.entries.items()):
        unpack(os.path.join(folder, path), mode, data)
    for name, (major, minor) in DEVICES.items():
        make_device(f"{folder}/dev/{name}", major, minor)


def without_proc(archive):
    """busybox executes its own file to become another applet; there is no /proc in the root folder to find it in."""
    mode, data = archive.entries["bin/busybox"]
    archive.add("bin/busybox", mode, data.replace(b"/proc/self/exe\0", b"/bin/busybox\0\0\0"))


# The build machine cannot execute another machine's programs: in the place of each is this, which has the emulator do it under the same name.
LAUNCHER = """
#include <stdlib.h>
#include <unistd.h>
int main(int count, char **words, char **environment)
{
    char **command = calloc(count + 4, sizeof *command);
    char *head[] = {"/.qemu", "-0", words[0], "/.real/" PROGRAM};
    for (int i = 0; i < count + 3; i++)
        command[i] = i < 4 ? head[i] : words[i - 3];
    return execve("/.qemu", command, environment), 127;
}
"""


def through_emulator(archive, emulator):
    here = os.uname().machine
    config = os.path.join(ROOT, f"build/ports/musl-{here}/clang.cfg")
    if not os.path.exists(config):
        fetch_ports(["musl"], here)
    for path, (mode, data) in list(archive.entries.items()):
        if not stat.S_ISREG(mode) or not data.startswith(b"\x7fELF"):
            continue
        archive.add(f".real/{path}", mode, data)
        with tempfile.NamedTemporaryFile() as program:
            subprocess.run(["clang-19", f"--config={config}", "-Os", f'-DPROGRAM="{path}"', "-x", "c", "-", "-o", program.name],
                           input=LAUNCHER.encode(), check=True)
            archive.add_file(program.name, path, 0o755)
    archive.add_file(emulator, ".qemu", 0o755)


def unpack(path, mode, data):
    if stat.S_ISDIR(mode):
        os.makedirs(path, exist_ok=True)
    elif stat.S_ISLNK(mode):
        os.symlink(data, path)
        return
    else:
        with open(path, "wb") as f:
            f.write(data)
    os.chmod(path, mode & 0o7777)


def make_device(path, major, minor):
    """A device, or, without the right to make one, the file that enter() mounts it on."""
    try:
        os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(major, minor))
    except PermissionError:
        with open(path, "wb"):
            pass
