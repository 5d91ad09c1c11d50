"""Boot images: the archive, init's segments, and what is refused."""

import os
import struct
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools"))

import image


def elf(machine, segments, entry=0x10000):
    """Returns: a minimal ELF program. segments: (va, flags, bytes, memory size)."""
    header = struct.pack("<4sBBB9xHHIQQQIHHHHHH", b"\x7fELF", 2, 1, 1, 2, machine, 1, entry, 64, 0, 0, 64, 56, len(segments), 0, 0, 0)
    at, table, data = 64 + 56 * len(segments), b"", b""
    for va, flags, content, size in segments:
        table += struct.pack("<IIQQQQQQ", 1, flags, at + len(data), va, va, len(content), size, 1)
        data += content
    return header + table + data


class Segments(unittest.TestCase):
    def test_protection_and_sizes(self):
        entry, segments = image.read_segments(elf(243, [(0x10000, 5, b"code", 4), (0x20010, 6, b"data", 100)]), "riscv64", "x")
        self.assertEqual(entry, 0x10000)
        self.assertEqual(segments, [(0x10000, 5, b"code", 4), (0x20010, 3, b"data", 100)])

    def test_refused(self):
        good = elf(243, [(0x10000, 5, b"code", 4)])
        for data, pattern in ((b"", "not a 64-bit"), (b"#!/bin/sh\n" * 10, "not a 64-bit"), (elf(62, []), "not a program for riscv64"),
                              (good[:70], "ends inside"), (good[:-1], "beyond its end"), (elf(243, [(1, 5, b"xx", 1)]), "beyond its end"),
                              (elf(243, [(i << 16, 4, b"x", 1) for i in range(9)]), "at most 8")):
            with self.subTest(pattern=pattern), self.assertRaisesRegex(image.ImageError, pattern):
                image.read_segments(data, "riscv64", "x")

    def test_every_truncation_is_an_error_or_fine(self):
        good = elf(243, [(0x10000, 5, b"code", 4), (0x20000, 6, b"data", 8)])
        for length in range(len(good)):
            with self.assertRaises(image.ImageError):
                image.read_segments(good[:length], "riscv64", "x")


class Image(unittest.TestCase):
    def make(self, folder, raw=b"archive" * 1000):
        with open(f"{folder}/init", "wb") as f:
            f.write(elf(243, [(0x10000, 5, b"code", 4), (0x20190, 6, b"data" * 10, 4096)]))
        return image.make_image(f"{folder}/init", "riscv64", "cluster=64K", raw, f"{folder}/cache"), raw

    def test_header_describes_the_rest(self):
        with tempfile.TemporaryDirectory() as folder:
            data, raw = self.make(folder)
            magic, size, entry, at, length, archive, archive_size, raw_size, count, _ = image.HEADER.unpack_from(data)
            self.assertEqual((magic, size, entry, raw_size, count), (b"!HEDDLE0", len(data), 0x10000, len(raw), 2))
            self.assertEqual(data[at:at + length], b"cluster=64K")
            for i, content in enumerate((b"code", b"data" * 10)):
                va, offset, file_size, _, _, _ = image.SEGMENT.unpack_from(data, image.HEADER.size + i * image.SEGMENT.size)
                self.assertEqual(data[offset:offset + file_size], content)
                self.assertEqual(va % image.ALIGN, offset % image.ALIGN)
            unpacked = subprocess.run(["zstd", "-dc"], input=data[archive:archive + archive_size], capture_output=True, check=True).stdout
            self.assertEqual(unpacked, raw)

    def test_layout_is_that_of_the_header_file(self):
        code = ('#include <boot_image.h>\n#include <stddef.h>\n'
                f'static_assert(sizeof(struct boot_image) == {image.HEADER.size + 8 * image.SEGMENT.size});'
                'static_assert(offsetof(struct boot_image, segment_count) == 64 && offsetof(struct boot_image, segment) == 72);')
        done = subprocess.run(["clang-19", "-std=c23", "-fsyntax-only", f"-I{ROOT}/abi", "-x", "c", "-"], input=code, capture_output=True, text=True, check=False)
        self.assertEqual(done.stderr, "")


class Archive(unittest.TestCase):
    def test_cpio_reads_it_back(self):
        archive = image.Archive()
        archive.add("etc/passwd", 0o100644, b"root:x:0:0::/root:/bin/sh\n")
        archive.add("bin/sh", 0o120777, b"busybox")
        archive.add("odd name\xe9", 0o100600, b"")
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["cpio", "-idmu", "--quiet"], input=archive.bytes(), cwd=folder, check=True)
            with open(f"{folder}/etc/passwd", "rb") as f:
                self.assertEqual(f.read(), b"root:x:0:0::/root:/bin/sh\n")
            self.assertEqual(os.readlink(f"{folder}/bin/sh"), "busybox")

    def test_host_folder_goes_below_host(self):
        with tempfile.TemporaryDirectory() as folder:
            os.makedirs(f"{folder}/things/sub")
            with open(f"{folder}/things/sub/a", "wb") as f:
                f.write(b"A")
            archive = image.collect("riscv64", "no-such-build", [f"{folder}/things"])
            self.assertEqual(archive.entries["host/things/sub/a"][1], b"A")
            with self.assertRaisesRegex(image.ImageError, "no file or folder"):
                image.collect("riscv64", "no-such-build", [f"{folder}/nothing"])

    def test_programs_go_in_stripped_but_whole(self):
        with tempfile.TemporaryDirectory() as folder:
            os.makedirs(f"{folder}/servers")
            for name in ("one", "init"):
                subprocess.run(["clang-19", "--target=riscv64-unknown-none-elf", "-march=rv64imac", "-g", "-nostdlib", "-static", "-fuse-ld=lld", "-x", "c", "-",
                                "-o", f"{folder}/servers/{name}.elf"], input=b"int value = 0x12345678; void _start(void) { for (;;) { value++; } }", check=True)
            archive = image.collect("riscv64", folder, [])
            program = archive.entries["system/servers/one"][1]
            self.assertIn(b"\x78\x56\x34\x12", program)
            self.assertNotIn(b".debug_info", program)
            self.assertNotIn("system/servers/init", archive.entries)
            self.assertEqual(image.read_segments(program, "riscv64", "one")[0] != 0, True)

    def test_same_inputs_give_the_same_bytes(self):
        self.assertEqual(image.collect("riscv64", "no-such-build", []).bytes(), image.collect("riscv64", "no-such-build", []).bytes())


if __name__ == "__main__":
    unittest.main()
