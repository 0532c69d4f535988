# SPDX-License-Identifier: MIT
"""The GoogleTest program: one run for all tests; after a crash or hang, one more for the rest."""
import os
import re

from . import proc

IDLE_LIMIT = 60          # without a line of output: one test takes too long
RUN_LIMIT = 600


def list_tests(ctx, program):
    result = proc.run([program, "--gtest_list_tests"], 20, ctx.folder, "unit-list")
    tests, suite = [], None
    for line in result.out.decode(errors="replace").splitlines():
        line = line.split("#")[0].rstrip()
        if line.endswith(".") and not line.startswith(" "):
            suite = line
        elif line.startswith("  ") and suite:
            tests.append(suite + line.strip())
    return tests


def run(ctx):
    program = os.path.join(ctx.build, "tests", "unit-tests")
    if not os.path.exists(program):
        ctx.results.add("unit/program", "fail", 0, "%s was not built" % program)
        return
    tests = list_tests(ctx, program)
    if not tests:
        ctx.results.add("unit/program", "fail", 0, "it lists no tests")
        return
    todo = [t for t in tests if ctx.wanted("unit/" + t)]
    rounds = 0
    while todo:
        if ctx.out_of_time():
            ctx.fail_rest("unit/" + t for t in todo)
            return
        rounds += 1
        result = proc.run([program, "--gtest_color=no", "--gtest_filter=" + ":".join(todo)],
                          ctx.limit(RUN_LIMIT), ctx.folder, "unit-%d" % rounds,
                          idle_limit=IDLE_LIMIT, merge=True)
        done = parse(ctx, result.out.decode(errors="replace"), result)
        left = proc.leftovers()
        if left:
            ctx.results.add("unit/leaves-nothing-behind-%d" % rounds, "fail", 0, "\n".join(left))
        todo = [t for t in todo if t not in done]
        if not done:
            ctx.fail_rest(("unit/" + t for t in todo), "the program does not run: " +
                          result.out.decode(errors="replace")[-500:])
            return


def parse(ctx, text, result):
    """Notes what each test did; the names of those that ended, the crashed one among them."""
    done, current, lines = set(), None, []
    for line in text.splitlines():
        start = re.match(r"\[ RUN      \] (\S+)", line)
        end = re.search(r"\[  (     OK|FAILED|SKIPPED) +\] (\S+?)(?:,.*)? \((\d+) ms\)$", line)
        if start:
            current, lines = start.group(1), []
        elif end and end.group(2) == current:
            outcome = {"OK": "pass", "FAILED": "fail", "SKIPPED": "skip"}[end.group(1).strip()]
            ctx.results.add("unit/" + current, outcome, int(end.group(3)) / 1000, "\n".join(lines))
            done.add(current)
            current = None
        elif current:
            lines.append(line)
    if current:
        why = "it did not end in time" if result.timed_out else \
              "the program died (status %s)" % result.status
        ctx.results.add("unit/" + current, "fail", 0, "\n".join(lines + [why]))
        done.add(current)
    return done
