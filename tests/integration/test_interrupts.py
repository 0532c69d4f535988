# SPDX-License-Identifier: MIT
"""Interrupt lines as /proc shows them: counts, affinity, threads."""
from driver import Console, boot, contains, equal, shell, test


@test(cpus=(1, 2, 4))
def lines_are_listed(cpus):
    ended = shell("cat /proc/interrupts; ls /proc/irq/11; cat /proc/irq/11/spurious",
                  "ncpus=%d" % cpus)
    equal(ended.status, 0)
    header = ended.out.split(b"\n")[0].split()
    equal(header, [b"CPU%d" % n for n in range(cpus)])
    contains(ended.out, r"\n 11: .* host  11 edge      ubd\n")
    contains(ended.out, r"\nLOC: .*  Local timer interrupts\n")
    contains(ended.out, r"\nRES: .*\nCAL: .*\nIWI: ")
    contains(ended.out, r"effective_affinity\n.*smp_affinity\nsmp_affinity_list\nspurious\nubd\ncount ")


@test(cpus=(2, 4))
def affinity_moves_a_line(cpus):
    # The host's descriptor 0 is a pipe: its end of file comes by line 9.
    script = ("cd /proc/irq/9; echo 2 >smp_affinity && cat smp_affinity_list effective_affinity_list; "
              "cat; awk '/ hostio$/ { print ($2 < $3) }' /proc/interrupts; "
              "echo 0 >smp_affinity 2>/dev/null || echo refused; echo 0-1 >smp_affinity_list; "
              "cat smp_affinity_list; echo 1 >../default_smp_affinity; cat ../default_smp_affinity")
    ended = boot("ncpus=%d" % cpus, "--", "sh", "-c", script, stdin=b"typed\n" * 1000)
    ended.expect(0, b"1\n1\n" + b"typed\n" * 1000 + b"1\nrefused\n0-1\n1\n")


@test(cpus=(1, 2))
def handlers_in_threads(cpus):
    console = Console("threadirqs", "ncpus=%d" % cpus)
    console.prompt()
    contains(console.command("ps | grep -o 'irq/[0-9]*-[a-z]*' | sort"),
             r"irq/10-power\r?\nirq/11-ubd\r?\nirq/8-console\r?\nirq/9-hostio")
    console.line("poweroff -f")
    equal(console.wait(), 0)
