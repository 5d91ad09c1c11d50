"""The rules of ./heddle check find what they are for, and nothing else."""

import os
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools"))

import check


def rules(found):
    return [f.rule for f in found]


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
