"""The interface compiler: what it accepts, what it refuses and where, and what comes out."""

import os
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools"))

from idl import protocols, reference, syscalls
from idl.parser import IdlError, Parser

TYPES = "type mem struct mem_object OBJECT_MEM object\ntype ledger struct ledger OBJECT_LEDGER object\n"
STATUSES = {"OK", "NO_MEMORY", "OVERLAP"}


def parsed(text):
    return Parser("x.idl", text, STATUSES).file


def syscall(op):
    return parsed(TYPES + 'object mem "Memory."\n' + op)


def protocol(op):
    return parsed('protocol file 3 "Files."\n' + op)


class Accepts(unittest.TestCase):
    def test_every_kind_of_argument(self):
        file = syscall('op map 0x38 (self: opt mem[READ|WRITE], a: u64, b: u32, c: s64, d: uaddr, e: cap, l: ledger) -> (where: u64, new: cap) "Map." '
                       'errors(OVERLAP "taken", NO_MEMORY)')
        op = file.groups[0].operations[0]
        self.assertEqual([a.type for a in op.inputs], ["mem", "u64", "u32", "s64", "uaddr", "cap", "ledger"])
        self.assertEqual(op.inputs[0].rights, ["READ", "WRITE"])
        self.assertTrue(op.inputs[0].optional)
        self.assertEqual(op.errors, [("OVERLAP", "taken"), ("NO_MEMORY", "")])

    def test_lines_continue_in_parentheses_and_when_indented(self):
        file = syscall('op a 1 (x: u64,\ny: u64) "One."\nop b 2 ()\n    "Two."\n    errors(OVERLAP)\n')
        self.assertEqual([len(o.inputs) for o in file.groups[0].operations], [2, 0])
        self.assertEqual(file.groups[0].operations[1].text, "Two.")

    def test_comments_and_hashes_in_strings(self):
        file = syscall('# a comment\nop a 1 () "Number # one." # another\n')
        self.assertEqual(file.groups[0].operations[0].text, "Number # one.")

    def test_raw_op_without_arguments(self):
        self.assertTrue(syscall('raw op call 1 "r0 = port."').groups[0].operations[0].raw)

    def test_capabilities_of_a_raw_op(self):
        file = syscall('raw op wait 1 (from: opt mem[READ] or ledger at r8, arm: mem at r8.high) "r8 = from | arm << 32."')
        first, second = file.groups[0].operations[0].inputs
        self.assertEqual((first.register, first.others, first.optional), ("r8", [("ledger", [])], True))
        self.assertEqual((second.register, second.others), ("r8.high", []))
        self.assertIn("`from`: optional mem with READ or ledger in r8; `arm`: mem in r8's upper half.", reference.syscalls_page(file))
        self.assertIn("sys_mem_wait(struct thread *thread, struct frame *frame)", syscalls.kernel_header(file, "x"))

    def test_rights_of_a_capability_of_any_type(self):
        file = syscall('op copy 1 (x: cap[COPY]) "Copy."')
        self.assertEqual(file.groups[0].operations[0].inputs[0].rights, ["COPY"])
        self.assertIn(("NO_RIGHTS", "a capability lacks a right named above"), syscalls.automatic_errors(file, file.groups[0].operations[0]))

    def test_rights_that_all_types_have(self):
        file = syscall('op part 1 (x: mem[READ|COPY]) "Part."')
        self.assertIn("RIGHT_MEM_READ | RIGHT_COPY", syscalls.kernel_dispatch(file, "x"))

    def test_a_call_that_restarts_has_a_register_more(self):
        file = syscall('op wake 2 (a: u64, b: u32) -> (woken: u64) "Wake." restarts')
        self.assertTrue(file.groups[0].operations[0].restarts)
        self.assertIn("uint64_t r[8] = {(uint64_t)a, (uint64_t)b, 0, os_any(),", syscalls.user_header(file, "x"))
        self.assertIn("os_mem_wake(uint64_t a, uint32_t b, uint64_t *woken)", syscalls.user_header(file, "x"))
        self.assertIn("sys_mem_wake(thread, a, b, &frame->FRAME_R2, &woken)", syscalls.kernel_dispatch(file, "x"))

    def test_windows_and_capabilities_of_a_protocol(self):
        op = protocol('op open 2 (flags: u32, in path: window, give: move cap) -> (object: cap) "Open." idempotent').groups[0].operations[0]
        self.assertEqual([a.mode for a in op.inputs], ["", "in", "move"])
        self.assertTrue(op.idempotent)


class Refuses(unittest.TestCase):
    def refused(self, text, line, pattern):
        with self.assertRaises(IdlError) as caught:
            parsed(text)
        message = str(caught.exception)
        self.assertTrue(message.startswith(f"x.idl:{line}: "), message)
        self.assertRegex(message, pattern)

    def test_malformed_text(self):
        group = TYPES + 'object mem "Memory."\n'
        for text, line, pattern in (
            ("nonsense", 1, "unknown statement 'nonsense'"),
            ("op a 1 () \"x\"", 1, "before any object"),
            (group + "op a 1 (x: u64 \"x\"", 4, "never closed|expected"),
            (group + "op a 1 (x: u64)) \"x\"", 4, "closes nothing"),
            (group + "op a (x: u64) \"x\"", 4, "expected the op's number"),
            (group + "op a 1 (x: u16) \"x\"", 4, "unknown type 'u16'"),
            (group + "op a 1 (x u64) \"x\"", 4, "expected ':'"),
            (group + "op a 1 (x: u64, x: u64) \"x\"", 4, "two arguments"),
            (group + "op a 1 (x: u64) -> (x: u64) \"x\"", 4, "name of an argument"),
            (group + "op a 1 (int: u64) \"x\"", 4, "cannot be the name"),
            (group + "op a 1 (x: u64[READ]) \"x\"", 4, "only a capability takes rights"),
            (group + "op a 1 (x: cap[READ]) \"x\"", 4, "rights of capabilities of any type are COPY, REVOKE"),
            (group + "op a 1 (x: mem at r0) \"x\"", 4, "',' or '\\)'"),
            (group + "raw op a 1 (x: mem) \"x\"", 4, "'at' and a register"),
            (group + "raw op a 1 (x: mem at r9) \"x\"", 4, "no register"),
            (group + "raw op a 1 (x: mem or u64 at r0) \"x\"", 4, "no object type"),
            (group + "raw op a 1 (x: u64 at r0) \"x\"", 4, "only capabilities"),
            (group + "op a 1 (x: opt u64) \"x\"", 4, "optional"),
            (group + "op a 1 () \"x\" errors(NOPE)", 4, "no status 'NOPE'"),
            (group + "op a 1 ()", 4, "what the op does"),
            (group + "op a 1 () \"x", 4, "does not end"),
            (group + "op a 1 () \"x\" @", 4, "unexpected character"),
            (group + "op a 1 () \"x\" idempotent more", 4, "unexpected 'more'"),
            (group + "op a 0x100 () \"x\"", 4, "not in 0..0xff"),
            (group + "op a 1 () \"x\"\nop b 1 () \"x\"", 5, "taken by 'a'"),
            (group + "op a 1 () \"x\"\nop a 2 () \"x\"", 5, "there already"),
            (group + "op a 1 (in x: window) \"x\"", 4, "for protocols"),
            (group + "op a 1 () -> (x: mem) \"x\"", 4, "plain scalar"),
            (group + "object mem \"x\"", 4, "there already"),
            (TYPES + "type mem struct m OBJECT_M object", 3, "there already"),
            ("protocol a 0 \"x\"", 1, "not in 1..65535"),
            ("protocol a 1 \"x\"\nop b 1 (x: window) \"x\"", 2, "a window is written"),
            ("protocol a 1 \"x\"\nop b 1 (in x: window, in y: window) \"x\"", 2, "more than one 'in'"),
            ("protocol a 1 \"x\"\nop b 1 (a: opt cap, b: cap) \"x\"", 2, "must come after"),
            ("protocol a 1 \"x\"\nraw op b 1 \"x\"", 2, "no raw ops"),
            ("protocol a 1 \"x\"\nop b 1 (x: cap[COPY]) \"x\"", 2, "rights are for system calls"),
            ("protocol a 1 \"x\"\nop b 1 () -> (out x: window) \"x\"", 2, "never a result"),
        ):
            with self.subTest(text=text):
                self.refused(text, line, pattern)

    def test_too_many(self):
        many = ", ".join(f"a{i}: u64" for i in range(9))
        self.refused(TYPES + f'object mem "M."\nop a 1 ({many}) "x"', 4, "at most 8")
        self.refused(TYPES + f'object mem "M."\nop a 1 () -> ({many}) "x"', 4, "at most 7")
        self.refused(f'protocol a 1 "P."\nop b 1 ({many}) "x"', 2, "more than 6")
        caps = ", ".join(f"c{i}: cap" for i in range(5))
        self.refused(f'protocol a 1 "P."\nop b 1 ({caps}) "x"', 2, "more than 4")

    def test_random_damage_never_crashes(self):
        with open(os.path.join(ROOT, "abi/syscalls.idl"), encoding="utf-8") as f:
            text = f.read()
        state = 1
        for _ in range(200):
            state = state * 6364136223846793005 + 1442695040888963407 & (1 << 64) - 1
            at = (state >> 33) % len(text)
            damaged = text[:at] + '"([{:,)]x\n '[(state >> 20) % 11] + text[at + (state >> 12) % 9:]
            try:
                Parser("x.idl", damaged)
            except IdlError as error:
                self.assertRegex(str(error), r"^x\.idl:\d+: .")

    def test_command_exits_with_2_and_writes_nothing(self):
        with tempfile.TemporaryDirectory() as root:
            os.makedirs(f"{root}/abi")
            with open(f"{root}/abi/syscalls.idl", "w", encoding="utf-8") as f:
                f.write("object x\n")
            done = subprocess.run([sys.executable, os.path.join(ROOT, "tools/idlc.py"), "--root", root, "--out", f"{root}/gen"],
                                  capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, 2)
            self.assertRegex(done.stderr, r"syscalls\.idl:1: expected a description")
            self.assertFalse(os.path.exists(f"{root}/gen"))


class Writes(unittest.TestCase):
    def test_dispatch_checks_scalars_then_handles_and_releases_in_reverse(self):
        file = syscall('op a 1 (x: mem[READ], y: ledger[CHARGE], n: u32) "A."')
        text = syscalls.kernel_dispatch(file, "x.idl")
        order = [text.index(t) for t in ("FRAME_R2 > UINT32_MAX", "OBJECT_MEM, RIGHT_MEM_READ", "OBJECT_LEDGER, RIGHT_LEDGER_CHARGE",
                                         "sys_mem_a(thread", "cap_release(y_object)", "cap_release(x_object)")]
        self.assertEqual(order, sorted(order))

    def test_results_go_to_registers_from_1(self):
        text = syscalls.kernel_dispatch(syscall('op a 1 () -> (p: u64, q: cap) "A."'), "x.idl")
        self.assertRegex(text, r"FRAME_R1 = \(uint64_t\)p;\n.*FRAME_R2 = \(uint64_t\)q;")

    def test_generated_c_compiles_for_kernel_and_programs(self):
        with tempfile.TemporaryDirectory() as out:
            subprocess.run([sys.executable, os.path.join(ROOT, "tools/idlc.py"), "--root", ROOT, "--out", out], check=True)
            include = [f"-I{ROOT}/abi", f"-I{ROOT}/abi/arch/riscv64", f"-I{out}"]
            names = [f"protocols/{n}" for n in os.listdir(f"{out}/protocols")] + ["syscalls.h"]
            code = "".join(f"#include <{n}>\n" for n in sorted(names))
            flags = ["--target=riscv64-unknown-none-elf", "-march=rv64imac", "-mabi=lp64", "-std=c23", "-ffreestanding", "-Wall", "-Wextra",
                     "-Werror", "-fsyntax-only", *include, f"-I{ROOT}/lib/os", f"-I{ROOT}/lib/serve", f"-I{ROOT}/lib/os/arch/riscv64"]
            done = subprocess.run(["clang-19", *flags, "-x", "c", "-"], input=code, capture_output=True, text=True, check=False)
            self.assertEqual(done.stderr, "")

    def test_unchanged_output_keeps_its_time(self):
        with tempfile.TemporaryDirectory() as out:
            command = [sys.executable, os.path.join(ROOT, "tools/idlc.py"), "--root", ROOT, "--out", out]
            subprocess.run(command, check=True)
            os.utime(f"{out}/syscalls.h", (1, 1))
            subprocess.run(command, check=True)
            self.assertEqual(os.stat(f"{out}/syscalls.h").st_mtime, 1)

    def test_protocol_refuses_wide_words_and_missing_capabilities(self):
        text = protocols.server_header(protocol('op open 2 (flags: u32, c: cap, d: opt cap) -> (n: u64) "Open."').groups[0], "x.idl")
        self.assertIn("message->word[0] > UINT32_MAX || message->cap_count > 2 || message->cap_count < 1", text)

    def test_idempotent_ops_are_called_as_such(self):
        group = protocol('op read 1 () "R." idempotent\nop write 2 () "W."').groups[0]
        text = protocols.client_header(group, "x.idl")
        self.assertEqual(len(re.findall(r"return os_call_idempotent\(", text)), 1)
        self.assertEqual(len(re.findall(r"return os_call\(", text)), 1)

    def test_reference_names_every_call_and_error(self):
        file = syscall('op a 1 (x: mem[READ], n: u32) "Does a." errors(OVERLAP "in use")')
        page = reference.syscalls_page(file)
        for text in ("mem_a (0x01)", "Does a.", "| OVERLAP | in use |", "WRONG_TYPE", "NO_RIGHTS", "INVALID_HANDLE", "INVALID_ARGUMENT"):
            self.assertIn(text, page)


if __name__ == "__main__":
    unittest.main()
