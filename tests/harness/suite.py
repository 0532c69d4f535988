# SPDX-License-Identifier: MIT
"""What every suite gets: where things are, how long it may run, where results go."""
import fnmatch
import os
import tempfile
import time


class Context:
    def __init__(self, root, build, vmlinux, results, deadline, patterns, long, trap=None):
        self.root = root
        self.build = os.path.join(root, build)
        self.vmlinux = os.path.join(root, vmlinux)
        self.results = results
        self.deadline = deadline            # time.monotonic() when everything must be over
        self.patterns = patterns
        self.long = long
        self.trap = trap                    # of guests' boots: a value of trap=, or None
        self.folder = tempfile.mkdtemp(prefix="vmlinux-tests.")

    def wanted(self, name):
        return not self.patterns or any(fnmatch.fnmatch(name, p) for p in self.patterns)

    def time_left(self):
        return self.deadline - time.monotonic()

    def limit(self, seconds):
        """The time limit of a test: its own, or what is left."""
        return max(1.0, min(seconds, self.time_left()))

    def out_of_time(self):
        return self.time_left() < 2

    def fail_rest(self, names, why="not run: the time for all tests was used up"):
        for name in names:
            self.results.add(name, "fail", 0.0, why)
