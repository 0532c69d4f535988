# SPDX-License-Identifier: MIT
"""What an idle kernel costs the host."""
import os
import time

from driver import Console, check, equal, processes_of, test


def pss_kib(pids):
    total = 0
    for pid in pids:
        try:
            with open("/proc/%d/smaps_rollup" % pid, encoding="ascii") as f:
                total += sum(int(line.split()[1]) for line in f if line.startswith("Pss:"))
        except OSError:
            pass        # a warm process that went meanwhile
    return total


def cpu_seconds(pids):
    ticks = 0
    for pid in pids:
        try:
            with open("/proc/%d/stat" % pid, encoding="ascii", errors="replace") as f:
                fields = f.read().rsplit(")", 1)[1].split()
            ticks += int(fields[11]) + int(fields[12])
        except OSError:
            pass
    return ticks / os.sysconf("SC_CLK_TCK")


@test(cpus=(1, 4))
def sixteen_megabytes_and_no_time(cpus):
    c = Console("mem=256M", "ncpus=%d" % cpus)
    c.prompt()
    c.drain(1.0)
    pids = processes_of(c.process.pid)
    kib = pss_kib(pids)
    before, start = cpu_seconds(pids), time.monotonic()
    c.drain(4.0)
    share = (cpu_seconds(pids) - before) / (time.monotonic() - start)
    print("PSS %d KiB in %d processes, %.2f %% of a core" % (kib, len(pids), share * 100))
    check(kib < 16 * 1024, "PSS is %d KiB" % kib)
    # The promise is 1 %; clock ticks are too coarse to tell less than this apart.
    check(share < 0.02, "an idle kernel uses %.1f %% of a core" % (share * 100))
    c.line("poweroff")
    equal(c.wait(), 0)
