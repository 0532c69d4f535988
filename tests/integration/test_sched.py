# SPDX-License-Identifier: MIT
"""Shares of the CPU, measured from inside."""
import contextlib
import os
import subprocess

from driver import Skip, TESTS_INITRD, boot, check, equal, test

WEIGHTS = {-5: 3121, 0: 1024, 5: 335, 10: 110}

SPINNERS = r"""
for n in %(nices)s; do
    (while :; do :; done) &
    renice $n -p $! >/dev/null
    pids="$pids $!"
done
sleep 1
for p in $pids; do cut -d' ' -f1 /proc/$p/schedstat; done
sleep %(seconds)d
for p in $pids; do cut -d' ' -f1 /proc/$p/schedstat; done
kill $pids
"""


def shares(algorithm, nices, seconds):
    """What each spinner got on one vCPU, as a part of all."""
    script = SPINNERS % {"nices": " ".join(str(n) for n in nices), "seconds": seconds}
    ended = boot("ncpus=1", "sched=" + algorithm, "--", "sh", "-c", script, limit=seconds * 4 + 30)
    equal(ended.status, 0, ended.err.decode(errors="replace"))
    numbers = [int(n) for n in ended.out.split()]
    equal(len(numbers), 2 * len(nices))
    got = [b - a for a, b in zip(numbers, numbers[len(nices):])]
    return [g / sum(got) for g in got]


def follow_the_weights(algorithm, seconds, tolerance):
    nices = sorted(WEIGHTS)
    all_of_them = sum(WEIGHTS.values())
    for nice, share in zip(nices, shares(algorithm, nices, seconds)):
        want = WEIGHTS[nice] / all_of_them
        check(abs(share - want) <= tolerance, "%s: nice %d got %.4f of the CPU, not %.4f" %
              (algorithm, nice, share, want))


@test(limit=60)
def nice_decides_under_cfs():
    follow_the_weights("cfs", 4, 0.05)


@test(limit=60)
def nice_decides_under_eevdf():
    follow_the_weights("eevdf", 4, 0.05)


@test(limit=150, long=True)
def twenty_seconds_are_within_three_per_cent():
    for algorithm in ("cfs", "eevdf"):
        follow_the_weights(algorithm, 20, 0.03)


def exact(algorithm):
    """Shares, throttling and deadlines, where nothing but the scheduler decides."""
    ended = boot("time=virtual", "seed=1", "ncpus=1", "sched=" + algorithm, "initrd=" + TESTS_INITRD,
                 "mem=512M", "--", "/tests/sched/shares", limit=580)
    equal(ended.status, 0, ended.out.decode(errors="replace") + ended.err.decode(errors="replace"))


@test(limit=600, long=True)
def cfs_is_exact_in_virtual_time():
    exact("cfs")


@test(limit=600, long=True)
def eevdf_is_exact_in_virtual_time():
    exact("eevdf")


BALANCE = r"""
for i in 1 2 3 4; do
    (while :; do :; done) &
    pids="$pids $!"
done
sleep 2
for p in $pids; do cut -d' ' -f1 /proc/$p/schedstat; done
head -1 /proc/stat | cut -d' ' -f10
sleep %(seconds)d
for p in $pids; do cut -d' ' -f1 /proc/$p/schedstat; done
head -1 /proc/stat | cut -d' ' -f10
kill $pids
"""


@test(limit=150, long=True)
def four_spinners_share_two_cpus():
    seconds = 20
    ended = boot("ncpus=2", "--", "sh", "-c", BALANCE % {"seconds": seconds}, limit=140)
    equal(ended.status, 0, ended.err.decode(errors="replace"))
    numbers = [int(n) for n in ended.out.split()]
    before, after = numbers[:5], numbers[5:]
    if after[4] - before[4] > seconds * 100 * 2 // 20:
        raise Skip("the host gives a twentieth of the time to others: its cores differ")
    got = [b - a for a, b in zip(before[:4], after[:4])]
    for share in got:
        check(abs(share * 4 / sum(got) - 1) <= 0.05, "shares of %s" % got)


@contextlib.contextmanager
def crowded_core(spinners):
    """This process and its children share one core of the host with so many spinning ones."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    burners = [subprocess.Popen(["sh", "-c", "while :; do :; done"]) for _ in range(spinners)]
    try:
        yield
    finally:
        for burner in burners:
            burner.kill()
            burner.wait()
        os.sched_setaffinity(0, cores)


STOLEN = r"""
i=0
while [ $i -lt 150000 ]; do i=$((i+1)); done
cut -d' ' -f1 /proc/$$/schedstat
cut -d' ' -f14,15 /proc/$$/stat
head -1 /proc/stat
cut -d' ' -f1 /proc/uptime
"""


@test(limit=120)
def what_the_host_gives_to_others_is_nobodys():
    with crowded_core(3):
        ended = boot("ncpus=1", "--", "sh", "-c", STOLEN, limit=100)
    equal(ended.status, 0, ended.err.decode(errors="replace"))
    ran, times, stat, uptime = ended.out.decode().splitlines()
    ran, used, passed = int(ran) / 1e9, sum(map(int, times.split())) / 100, float(uptime)
    steal = int(stat.split()[8]) / 100
    # A quarter is ours; the machine may be busy with more than that.
    check(ran < passed * 0.6, "%.2f s of CPU in %.2f s" % (ran, passed))
    check(used < passed * 0.6, "%.2f s of user and system time in %.2f s" % (used, passed))
    check(steal > passed * 0.4, "only %.2f s of %.2f s stolen" % (steal, passed))


@test(limit=30)
def an_unknown_algorithm_is_refused():
    ended = boot("sched=fifo", "--", "true")
    equal(ended.status, 2)
    check(b'"sched=fifo"' in ended.err, ended.err)
