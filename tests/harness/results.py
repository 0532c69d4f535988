# SPDX-License-Identifier: MIT
"""Counting, printing, JUnit."""
import sys
import time
from xml.sax.saxutils import escape, quoteattr


class Results:
    def __init__(self, verbose=False):
        self.tests = []            # (name, outcome, seconds, text)
        self.verbose = verbose
        self.start = time.monotonic()

    def add(self, name, outcome, seconds=0.0, text=""):
        """outcome: pass, fail, skip"""
        self.tests.append((name, outcome, seconds, text))
        if outcome != "pass" or self.verbose:
            print("%s %s (%.2f s)" % (outcome.upper(), name, seconds))
        if text and outcome != "pass":
            for line in text.rstrip("\n").split("\n")[-60:]:
                print("    " + line)
        sys.stdout.flush()

    def note(self, text):
        print(text)
        sys.stdout.flush()

    def count(self, outcome):
        return sum(1 for t in self.tests if t[1] == outcome)

    def last_line(self):
        return "%d passed, %d failed, %d skipped" % (
            self.count("pass"), self.count("fail"), self.count("skip"))

    def summary(self, width=100):
        failed = [t[0] for t in self.tests if t[1] == "fail"]
        if failed:
            print("Failed:")
            for name in failed:
                print("    " + name)
        print("%.0f seconds" % (time.monotonic() - self.start))
        print(self.last_line())
        sys.stdout.flush()
        return 1 if failed or not self.tests else 0

    def write_junit(self, path):
        with open(path, "w", encoding="utf-8") as f:
            f.write('<?xml version="1.0" encoding="UTF-8"?>\n')
            f.write('<testsuite name="vmlinux" tests="%d" failures="%d" skipped="%d">\n' % (
                len(self.tests), self.count("fail"), self.count("skip")))
            for name, outcome, seconds, text in self.tests:
                group, _, leaf = name.rpartition("/")
                clean = "".join(c for c in text if c in "\n\t" or ord(c) >= 32)
                f.write("  <testcase classname=%s name=%s time=\"%.3f\">" % (
                    quoteattr(group), quoteattr(leaf), seconds))
                if outcome == "fail":
                    f.write("<failure>%s</failure>" % escape(clean))
                elif outcome == "skip":
                    f.write("<skipped/>")
                f.write("</testcase>\n")
            f.write("</testsuite>\n")
