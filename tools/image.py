#!/usr/bin/env python3
"""image: makes the boot image of abi/boot_image.h.

    image.py --arch riscv64 --build build/riscv64 --out boot.img [--cmdline TEXT] [--host PATH]... [--init ELF]

The archive holds rootfs/ as it is, servers and drivers under /system, the runtime as /system/runtime, apps and busybox with its applets
in /bin, and each --host file or folder under /host."""

import argparse
import contextlib
import hashlib
import os
import stat
import struct
import subprocess
import sys

from common import write_whole

ALIGN = 0x10000  # of the image's parts, and of large files in the archive: a cluster
PAGE = 0x4000    # the largest MMU page
MAGIC = b"!HEDDLE0"
MAX_SEGMENTS = 8
HEADER = struct.Struct("<8s7QII")
SEGMENT = struct.Struct("<4QII")
TIME = 1767225600  # 2026-01-01, so that the same inputs give the same image
ELF_MACHINES = {"x86_64": 62, "aarch64": 183, "riscv64": 243, "loongarch64": 258, "mips64el": 8}


class ImageError(Exception):
    """Something that the user can put right."""


# --- the archive -----------------------------------------------------------------------------------------------------------------

class Archive:
    """A newc cpio archive. Folders on the way to an entry are made when missing."""

    def __init__(self):
        self.entries = {}  # guest path without leading '/': (mode, bytes)

    def add(self, path, mode, data=b""):
        parts = path.strip("/").split("/")
        for depth in range(1, len(parts)):
            self.entries.setdefault("/".join(parts[:depth]), (stat.S_IFDIR | 0o755, b""))
        if not (stat.S_ISDIR(mode) and parts[-1] and "/".join(parts) in self.entries):
            self.entries["/".join(parts)] = (mode, data)

    def add_file(self, host, guest, mode=None):
        with open(host, "rb") as f:
            self.add(guest, stat.S_IFREG | (mode or os.stat(host).st_mode & 0o7777), f.read())

    def add_tree(self, host, guest):
        """A file, symbolic link or folder of the host, with all below it. Sockets and devices are refused."""
        mode = os.lstat(host).st_mode
        if stat.S_ISLNK(mode):
            self.add(guest, stat.S_IFLNK | 0o777, os.fsencode(os.readlink(host)))
        elif stat.S_ISDIR(mode):
            self.add(guest, stat.S_IFDIR | mode & 0o7777)
            for name in sorted(os.listdir(host)):
                self.add_tree(os.path.join(host, name), f"{guest}/{name}")
        elif stat.S_ISREG(mode):
            self.add_file(host, guest)
        else:
            raise ImageError(f"'{host}' is neither a file, a folder nor a symbolic link")

    @staticmethod
    def alignment(mode, data):
        """Returns: where a file's content begins, so that it can be mapped: a page (of any machine), a cluster when it is that large."""
        if not stat.S_ISREG(mode) or len(data) < 4096:
            return 4
        return ALIGN if len(data) >= ALIGN else PAGE

    def bytes(self):
        out = bytearray()
        for inode, path in enumerate(sorted(self.entries), 1):
            mode, data = self.entries[path]
            append_entry(out, inode, os.fsencode(path), mode, data, self.alignment(mode, data))
        append_entry(out, 0, b"TRAILER!!!", 0, b"")
        return bytes(out)


def append_entry(out, inode, name, mode, data, align=1):
    """align: where the data shall begin; the name is filled up with zeros for that."""
    name += bytes(-(len(out) + 110 + len(name) + 1) % align)
    fields = (inode, mode, 0, 0, 2 if stat.S_ISDIR(mode) else 1, TIME if mode else 0, len(data), 0, 0, 0, 0, len(name) + 1, 0)
    out += b"070701" + b"".join(b"%08x" % field for field in fields) + name + b"\0"
    out += bytes(-len(out) % 4)
    out += data
    out += bytes(-len(out) % 4)


def busybox_applets(program):
    """Returns: the names of its applets, read out of the program: the sorted, zero-terminated strings from '[' on."""
    start = program.find(b"[\0[[\0")
    while start >= 0:
        names = program[start:program.find(b"\0\0", start)].split(b"\0")
        if b"sh" in names and names == sorted(names):
            return [name.decode() for name in names]
        start = program.find(b"[\0[[\0", start + 1)
    return ["sh"]


def add_busybox(archive, path):
    archive.add_file(path, "bin/busybox", 0o755)
    for name in busybox_applets(archive.entries["bin/busybox"][1]):
        if f"bin/{name}" not in archive.entries:
            archive.add(f"bin/{name}", stat.S_IFLNK | 0o777, b"busybox")


def programs_in(folder):
    names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    return [(os.path.join(folder, n), n.removesuffix(".elf")) for n in names if n.endswith(".elf")]


def collect(arch, build, host_paths):
    archive = Archive()
    for folder in ("bin", "dev", "etc", "host", "proc", "root", "system", "usr", "var"):
        archive.add(folder, stat.S_IFDIR | 0o755)
    archive.add("tmp", stat.S_IFDIR | 0o1777)
    for link, target in (("sbin", "bin"), ("usr/bin", "../bin"), ("usr/sbin", "../bin")):
        archive.add(link, stat.S_IFLNK | 0o777, target.encode())
    if os.path.isdir("rootfs"):
        for name in sorted(os.listdir("rootfs")):
            archive.add_tree(os.path.join("rootfs", name), name)
    for kind in ("servers", "drivers"):
        for path, name in programs_in(f"{build}/{kind}"):
            if name != "init":  # it is in the image itself
                archive.add(f"system/{kind}/{name}", stat.S_IFREG | 0o755, stripped(path))
    if os.path.exists(f"{build}/runtime.elf"):
        archive.add("system/runtime", stat.S_IFREG | 0o755, stripped(f"{build}/runtime.elf"))
    for path, name in programs_in(f"{build}/apps"):
        archive.add(f"bin/{name}", stat.S_IFREG | 0o755, stripped(path))
    busybox = f"build/ports/busybox-{arch}/busybox"
    if os.path.exists(busybox):
        add_busybox(archive, busybox)
    for path in host_paths:
        name = os.path.basename(os.path.abspath(path))
        if not os.path.lexists(path):
            raise ImageError(f"there is no file or folder '{path}'")
        archive.add_tree(os.path.realpath(path), f"host/{name}")
    return archive


def stripped(path):
    """Returns: the program without its debugging information and symbols."""
    done = subprocess.run(["llvm-objcopy-19", "--strip-all", path, "-"], capture_output=True, check=False)
    if done.returncode:
        raise ImageError(f"cannot strip {path}: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout


def compressed(raw, cache):
    """Returns: one zstd frame. What was compressed before is taken from the cache folder."""
    path = os.path.join(cache, hashlib.sha256(raw).hexdigest()[:24] + ".zst")
    try:
        with open(path, "rb") as f:
            return f.read()
    except FileNotFoundError:
        pass
    command = ["zstd", "-q", "-9", "--no-check", f"--stream-size={len(raw)}", "-c"]
    done = subprocess.run(command, input=raw, capture_output=True, check=False)
    if done.returncode:
        raise ImageError(f"zstd failed: {done.stderr.decode(errors='replace').strip()}")
    os.makedirs(cache, exist_ok=True)
    forget_oldest(cache, keep=20)
    write_whole(path, done.stdout)
    return done.stdout


def forget_oldest(cache, keep):
    """Leave the `keep` newest archives. Others may do the same to the folder at the same time."""
    dated = []
    for entry in os.scandir(cache):
        with contextlib.suppress(FileNotFoundError):
            if entry.name.endswith(".zst"):
                dated.append((entry.stat().st_mtime, entry.path))
    for _, path in sorted(dated)[:-keep]:
        with contextlib.suppress(FileNotFoundError):
            os.remove(path)


# --- init's segments ---------------------------------------------------------------------------------------------------------------

def read_segments(elf, arch, path):
    """Returns: (entry, [(va, prot, bytes, memory size)]) of a static 64-bit little-endian ELF program."""
    if len(elf) < 64 or elf[:6] != b"\x7fELF\x02\x01":
        raise ImageError(f"'{path}' is not a 64-bit little-endian ELF program")
    machine, entry, table = struct.unpack_from("<18xH4xQQ", elf)
    entry_size, count = struct.unpack_from("<54xHH", elf)
    if arch and machine != ELF_MACHINES[arch]:
        raise ImageError(f"'{path}' is not a program for {arch}")
    segments = []
    for i in range(count):
        at = table + i * entry_size
        if at + 56 > len(elf):
            raise ImageError(f"'{path}' ends inside its program headers")
        kind, flags, offset, va, _, file_size, memory_size, _ = struct.unpack_from("<IIQQQQQQ", elf, at)
        if kind != 1 or memory_size == 0:
            continue
        if offset + file_size > len(elf) or file_size > memory_size:
            raise ImageError(f"'{path}' has a segment beyond its end")
        prot = (flags & 4) >> 2 | flags & 2 | (flags & 1) << 2  # ELF: X=1 W=2 R=4; here: R=1 W=2 X=4
        segments.append((va, prot, elf[offset:offset + file_size], memory_size))
    if len(segments) > MAX_SEGMENTS:
        raise ImageError(f"'{path}' has {len(segments)} segments; at most {MAX_SEGMENTS} fit")
    return entry, segments


def make_image(init_path, arch, cmdline, raw_archive, cache):
    with open(init_path, "rb") as f:
        entry, segments = read_segments(f.read(), arch, init_path)
    archive = compressed(raw_archive, cache)
    text = cmdline.encode()
    table_end = HEADER.size + MAX_SEGMENTS * SEGMENT.size
    image = bytearray(table_end) + text
    placed = []
    for va, prot, data, memory_size in segments:
        image += bytes((va - len(image)) % ALIGN)
        placed.append(SEGMENT.pack(va, len(image), len(data), memory_size, prot, 0))
        image += data
    image += bytes(-len(image) % ALIGN)
    archive_offset = len(image)
    image += archive
    header = HEADER.pack(MAGIC, len(image), entry, table_end, len(text), archive_offset, len(archive), len(raw_archive), len(segments), 0)
    image[:table_end] = (header + b"".join(placed)).ljust(table_end, b"\0")
    return bytes(image)


def main():
    parser = argparse.ArgumentParser(description="make a boot image")
    parser.add_argument("--arch", required=True, choices=sorted(ELF_MACHINES))
    parser.add_argument("--build", help="the build folder (build/ARCH)")
    parser.add_argument("--init", help="init's ELF file (BUILD/servers/init.elf)")
    parser.add_argument("--out", required=True)
    parser.add_argument("--cmdline", default="")
    parser.add_argument("--host", action="append", default=[], metavar="PATH", help="a file or folder to put under /host")
    a = parser.parse_args()
    build = a.build or f"build/{a.arch}"
    try:
        init = a.init or f"{build}/servers/init.elf"
        if not os.path.exists(init):
            raise ImageError(f"there is no '{init}'; build it with: make ARCH={a.arch}")
        image = make_image(init, a.arch, a.cmdline, collect(a.arch, build, a.host).bytes(), f"{build}/archives")
    except ImageError as error:
        print(f"image: {error}", file=sys.stderr)
        return 2
    with open(a.out, "wb") as f:
        f.write(image)
    return 0


if __name__ == "__main__":
    sys.exit(main())
