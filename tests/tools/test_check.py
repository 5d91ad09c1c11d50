"""The rules of ./heddle check find what they are for, and nothing else."""

import os
import subprocess
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools"))

import check


def rules(found):
    return [f.rule for f in found]


class Locks(unittest.TestCase):
    """The kernel is built with clang's thread-safety analysis, and the analysis knows our locks."""

    HEAD = "#include <sched/schedule.h>\nextern struct spinlock lock;\nextern int state GUARDED_BY(lock);\nint f(struct cpu *cpu);\n"

    def compiled(self, body):
        os.chdir(ROOT)
        check.from_make("x86_64", f"{check.build_folder('x86_64')}/gen/stamp")
        flags = [f for f in check.from_make("x86_64", "print-kernel-flags") if f not in ("-MMD", "-MP")]
        code = self.HEAD + f"int f(struct cpu *cpu) {{ (void)cpu; {body} }}\n"
        done = subprocess.run(["clang-19", *flags, "-fsyntax-only", "-x", "c", "-"], input=code, capture_output=True, text=True, check=False)
        return done.returncode, done.stderr

    def test_what_is_guarded_is_touched_under_its_lock(self):
        self.assertEqual(self.compiled("spin_lock(&lock); int was = state; spin_unlock(&lock); return was;"), (0, ""))
        self.assertEqual(self.compiled("spin_lock(&kernel_lock); kernel_exit(cpu, false); return 0;"), (0, ""))
        for body, message in (("return state;", "requires holding spinlock 'lock'"),
                              ("spin_lock(&kernel_lock); int was = state; kernel_exit(cpu, false); return was;", "requires holding spinlock 'lock'"),
                              ("kernel_exit(cpu, false); return 0;", "releasing spinlock 'kernel_lock' that was not held"),
                              ("spin_lock(&kernel_lock); return 0;", "spinlock 'kernel_lock' is still held at the end of function"),
                              ("spin_lock(&kernel_lock); spin_lock(&kernel_lock); kernel_exit(cpu, false); return 0;", "that is already held")):
            with self.subTest(body=body):
                status, errors = self.compiled(body)
                self.assertEqual(status, 1)
                self.assertIn(message, errors)


class Rules(unittest.TestCase):
    def setUp(self):
        os.chdir(ROOT)

    def test_cpu_names(self):
        for code in ("#ifdef __x86_64__", "int riscv_mode;", "case AARCH64:", "#if defined(__mips__)", "loongarch64_init();"):
            with self.subTest(code=code):
                self.assertEqual(rules(check.check_code("kernel/mm/x.c", code)), ["cpu-name"])
                self.assertEqual(rules(check.check_code("kernel/arch/riscv64/x.c", code)), [])
        self.assertEqual(rules(check.check_code("kernel/mm/x.c", "int mipsy, armour, harm64x;")), [])
        self.assertEqual(rules(check.check_code("kernel/mm/x.c", check.without_comments("/* as on x86_64 */ f(\"riscv64\");"))), [])

    def test_weak_symbols_and_unbounded_copies(self):
        for code in ("[[gnu::weak]] void f(void);", "void f(void) __attribute__((weak));", "strcpy(a, b);", "typedef struct x x_t;"):
            with self.subTest(code=code):
                self.assertEqual(rules(check.check_code("lib/os/x.c", code)), ["code"])

    def test_words(self):
        for text in ("/* FIXME */", "/* TODO later */", "/* see /home/me/main */", "/* Copyright (C) 2026 X */"):
            with self.subTest(text=text):
                self.assertEqual(rules(check.check_text("kernel/x.c", text)), ["words"])
        self.assertEqual(rules(check.check_text("kernel/x.c", "/* TODO(mm): when reservations exist. */")), [])

    def test_includes_of_the_other_side(self):
        self.assertEqual(rules(check.check_includes("kernel/mm/x.c", "#include <serve.h>\n")), ["include"])
        self.assertEqual(rules(check.check_includes("kernel/mm/x.c", "#include <lib/list.h>\n#include <status.h>\n")), [])
        self.assertEqual(rules(check.check_includes("servers/vfs/x.c", "#include <object/object.h>\n")), ["include"])
        self.assertEqual(rules(check.check_includes("servers/vfs/x.c", "#include <list.h>\n#include <serve.h>\n")), [])

    def test_functions_are_measured(self):
        code = "static int f(int a)\n{\n    if (a) {\n    }\n    return a;\n}\n\nstruct s {\n    int a;\n};\n\nint g(void) { return 1; }\n"
        self.assertEqual(check.functions(code), [("f", 2, 5)])
        inside = "int f(void)\n{\n#ifdef FEATURE\n    return 1;\n#endif\n}\n"
        self.assertEqual(rules(check.check_functions("kernel/x.c", inside, {})), ["ifdef"])
        long = "int f(void)\n{\n" + "    x();\n" * 130 + "}\n"
        self.assertEqual(rules(check.check_functions("kernel/x.c", long, {})), ["function-length"])

    def test_files(self):
        self.assertEqual(rules(check.check_file("kernel/x.c", "int a;\n")), ["opening"])
        self.assertEqual(rules(check.check_file("kernel/x.h", "/* x.h: x. */\nint a;\n")), ["guard"])
        self.assertEqual(rules(check.check_file("kernel/x.c", "/* x.c: x. */\n" + "\n" * 600)), ["file-length"])


if __name__ == "__main__":
    unittest.main()
