# SPDX-License-Identifier: MIT
"""What may come of allocations that fail: helpers of test_injection.py."""
import os
import re

from driver import BUILD, TESTS_INITRD, boot, check, equal

# What the kernel may never say, whatever it did not get.
BAD = re.compile(r"BUG|WARNING|INFO: |Oops|lockdep|possible recursive|circular|Sanitizer|"
                 r"unable to handle|general protection|cut here|\bstalls?\b")
# The ends that a machine without memory may come to: what was not to be had is named.
NAMED = re.compile(r"no memory for |no thread for |cannot mount |Requested init \S+ failed \(error -\d+\)|"
                   r"Attempted to kill init!")
PANIC = re.compile(r"Kernel panic - not syncing: (.*)")


def survived(ended, context):
    """No report of the kernel; a panic only with a message that says what there was no memory for."""
    errors = ended.err.decode(errors="replace")
    bad = [line for line in errors.splitlines() if BAD.search(line)]
    check(not bad, "%s: %s\n%s" % (context, bad[:3], errors[-4000:]))
    panic = PANIC.search(errors)
    check(not panic or NAMED.match(panic.group(1)), "%s: %s" % (context, errors[-4000:]))
    check(ended.status != 133 or panic, "%s: status 133\n%s" % (context, errors[-4000:]))
    return errors


LOOK_AROUND = "ls /proc /sys /dev >/dev/null; cat /proc/meminfo >/tmp/copy; (echo child) >/dev/null"


def boot_with(params, cpus):
    """A boot whose own allocations fail, and a few programs; nobody is spared."""
    context = "ncpus=%d %s" % (cpus, " ".join(params))
    ended = boot("mem=128M", "ncpus=%d" % cpus, "fail_scope=all", "init=/init", *params, "--", "sh", "-c",
                 LOOK_AROUND, quiet=False, limit=60)
    return survived(ended, context)


def sweep(kind, numbers, cpus):
    """The nth allocation fails, for each number, until one is beyond the last allocation."""
    for n in numbers:
        if "FAULT_INJECTION" not in boot_with(["%s=%d,100,0,1" % (kind, n), "fail_verbose=1"], cpus):
            return


def guest_tests():
    """Names below /tests."""
    base = os.path.join(BUILD, "tests", "guest")
    names = [os.path.relpath(os.path.join(path, name), base)
             for path, _, files in os.walk(base) for name in files if not name.endswith(".d")]
    return sorted(names)


# The rounds after which caches are full.
FIRST_ROUNDS = 4
ROUNDS = FIRST_ROUNDS + 6


def grown(rounds):
    """What grew in each round, but for the first ones: [(name, numbers)]."""
    found = []
    for name in rounds[-1]:
        numbers = [held.get(name, 0) for held in rounds]
        if all(a < b for a, b in zip(numbers[FIRST_ROUNDS:], numbers[FIRST_ROUNDS + 1:])):
            found.append((name, numbers))
    return found


def suite(params, cpus, names, limit):
    """Guest tests whose allocations fail, several times over: they all end, and nothing stays."""
    context = "ncpus=%d %s" % (cpus, " ".join(params))
    # Rewritten text is kept beside the page cache: memory that grows until all has been run.
    ended = boot("mem=768M", "ncpus=%d" % cpus, "initrd=" + TESTS_INITRD, "init=/tests/inject", "rewrite=0",
                 *params, "--", "limit=4", "rounds=%d" % ROUNDS, *names, quiet=False, limit=limit)
    survived(ended, context)
    equal(ended.status, 0, context)
    out = ended.out.decode(errors="replace")
    failed = [line for line in out.splitlines() if line.startswith("FAILED")]
    check(not failed, "%s: %s\n%s" % (context, failed, ended.err.decode(errors="replace")[-6000:]))
    held = [{name: int(number) for name, number in re.findall(r"^(?:SLAB )?(\S+) (\d+)$", part, re.M)}
            for part in re.split(r"^ROUND.*\n", out, flags=re.M)[1:]]
    equal(len(held), ROUNDS, context)
    equal(grown(held), [], context)
