# SPDX-License-Identifier: MIT
"""Shares of the CPU, measured from inside."""
from driver import boot, check, equal, test

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


@test(limit=30)
def an_unknown_algorithm_is_refused():
    ended = boot("sched=fifo", "--", "true")
    equal(ended.status, 2)
    check(b'"sched=fifo"' in ended.err, ended.err)
