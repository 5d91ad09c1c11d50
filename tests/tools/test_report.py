"""What ./heddle test counts."""

import contextlib
import io
import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tools"))
from test import SECOND_RUNS, Report  # noqa: E402


class SecondRuns(unittest.TestCase):
    def ended(self, *seconds):
        """Tests that fail, and what becomes of them when they are run again. Returns: the report, with what it printed."""
        report, text = Report([], False), io.StringIO()
        with contextlib.redirect_stdout(text):
            for number, failure in enumerate(seconds):
                report.result(f"test-{number}", "the first", again=lambda n=number, f=failure: report.result(f"test-{n}", f))
            report.run_again()
        return report, text.getvalue()

    def test_one_that_passes_then_is_unsteady(self):
        report, text = self.ended(None)
        self.assertEqual((report.passed, report.failed, report.unsteady), (1, 0, ["test-0"]))
        self.assertEqual(text, "failed, to be run once more by itself: test-0\nok   test-0\nunsteady: test-0\n    the first\n")

    def test_one_that_fails_again_has_failed(self):
        report, text = self.ended("the second")
        self.assertEqual((report.passed, report.failures, report.unsteady), (0, ["test-0"], []))
        self.assertIn("FAIL test-0\n    the second\n", text)

    def test_many_have_failed_at_once(self):
        report, text = self.ended(*[None] * (SECOND_RUNS + 1))
        self.assertEqual((report.passed, report.failed, report.unsteady), (0, SECOND_RUNS + 1, []))
        self.assertEqual(text.count("\n    the first\n"), SECOND_RUNS + 1)


if __name__ == "__main__":
    unittest.main()
