# SPDX-License-Identifier: MIT
"""What the kernel shows and does for who looks for an error: magic keys, messages, stacks."""
from driver import boot, check, contains, equal, lacks, shell, test


def magic(keys, *args, script=""):
    keys = " ".join(keys)
    return boot(*args, "--", "sh", "-c",
                "for k in %s; do echo $k >/proc/sysrq-trigger; done; %s" % (keys, script),
                quiet=False)


@test(cpus=(1, 2, 4))
def magic_keys_show(cpus):
    ended = magic("htwmlp", "ncpus=%d" % cpus, script="echo alive")
    ended.expect(0, b"alive\n")
    contains(ended.err, r"sysrq: HELP : loglevel\(0-9\) reboot\(b\) crash\(c\).*\(w\)\n")
    contains(ended.err, r"task:khungtaskd +state:I pid:[0-9]+ ")
    contains(ended.err, r"__schedule\+0x[0-9a-f]+/0x[0-9a-f]+\n.*  khungtaskd\+0x")
    contains(ended.err, r"sysrq: Show Blocked State\n")
    contains(ended.err, r"Mem-Info:\n.*total:[0-9]+kB")
    contains(ended.err, r"Show backtrace of all active CPUs\n.*NMI backtrace for cpu [0-9]\n")
    contains(ended.err, r"handle_sysrq\+0x")


@test
def magic_keys_set_the_level():
    ended = shell("echo 5 >/proc/sysrq-trigger; cut -f 1 /proc/sys/kernel/printk; "
                  "echo 9 >/proc/sysrq-trigger; cut -f 1 /proc/sys/kernel/printk")
    ended.expect(0, b"5\n9\n")


@test
def magic_keys_terminate_and_kill():
    # The shell that types them ends too, as every process but init.
    equal(magic("e").status, 143)
    equal(magic("i").status, 137)
    ended = boot("--", "sh", "-c", "trap 'echo caught; exit 3' TERM; "
                 "echo e >/proc/sysrq-trigger; sleep 5")
    ended.expect(3, b"caught\n")


@test
def magic_keys_end_the_machine():
    equal(magic("sub").status, 0)
    equal(magic("so", script="sleep 10").status, 0)
    ended = magic("c")
    equal(ended.status, 133)
    contains(ended.err, r"Kernel panic - not syncing: sysrq triggered crash\n")


@test
def magic_key_f_kills_one_for_memory():
    ended = magic("f", script="sleep 5; echo not reached")
    check(ended.status != 0)
    contains(ended.err, r"Manual OOM execution\n.*Out of memory: Killed process")


@test
def sleeping_stacks_are_whole():
    ended = shell("sleep 100 & while ! grep -q nanosleep /proc/$!/stack; do :; done; "
                  "cat /proc/$!/stack; kill $!; "
                  "while ! grep -q kthreadd /proc/2/wchan; do :; done; cat /proc/2/wchan; echo")
    equal(ended.status, 0)
    contains(ended.out, r"\[<0>\] hrtimer_sleep\+.*do_syscall_64\+.*user_mode_loop\+.*\nkthreadd\n\Z")
    lacks(ended.out, r"__schedule")


@test
def messages_by_level_and_rate():
    ended = boot("loglevel=3", "--", "sh", "-c",
                 "echo '<3>err one' >/dev/kmsg; dmesg | grep -c 'err one'")
    ended.expect(0, b"1\n")
    ended = shell("i=0; (while [ $i -lt 30 ]; do echo line $i; i=$((i+1)); done) | "
                  "while read l; do echo \"$l\"; done >/dev/kmsg; dmesg | grep -c 'line [0-9]'")
    ended.expect(0, b"10\n")
    ended = shell("i=0; (while [ $i -lt 30 ]; do echo line $i; i=$((i+1)); done) | "
                  "while read l; do echo \"$l\"; done >/dev/kmsg; dmesg | grep -c 'line [0-9]'; "
                  "echo off >/proc/sys/kernel/printk_devkmsg 2>/dev/null || echo fixed",
                  "printk.devkmsg=on")
    ended.expect(0, b"30\nfixed\n")
    ended = shell("dmesg -c >/dev/null; dmesg; echo '<6>after' >/dev/kmsg; dmesg", "printk.time=0")
    ended.expect(0, b"after\n")


@test
def words_of_the_command_line():
    ended = boot("initcall_debug", "ncpus=4", "maxcpus=2", "--", "nproc", quiet=False)
    ended.expect(0, b"2\n")
    contains(ended.err, r"calling  [a-z_]+ @ 1\n.*initcall [a-z_]+ returned 0 after [0-9]+ usecs\n")
    shell("nproc", "ncpus=4", "nosmp").expect(0, b"1\n")
    for word in ("watchdog_thresh=100", "printk.devkmsg=maybe", "panic_on_taint=xyz",
                 "rcupdate.rcu_cpu_stall_timeout=1", "maxcpus=many"):
        ended = boot(word)
        equal(ended.status, 2, word)


@test
def counts_and_parameters():
    ended = shell("cd /sys; cat kernel/oops_count kernel/warn_count; echo 1 >kernel/rcu_expedited; "
                  "cat kernel/rcu_expedited; cat module/printk/parameters/time; "
                  "echo 0 >module/printk/parameters/time; cat module/printk/parameters/time; "
                  "echo 30 >module/rcupdate/parameters/rcu_cpu_stall_timeout; "
                  "cat module/rcupdate/parameters/rcu_cpu_stall_timeout", "ncpus=2")
    ended.expect(0, b"0\n0\n1\nY\nN\n30\n")


@test
def taint_and_limits():
    ended = shell("cat /proc/sys/kernel/tainted; echo 512 >/proc/sys/kernel/tainted; "
                  "echo 1 >/proc/sys/kernel/tainted; cat /proc/sys/kernel/tainted; "
                  "echo p >/proc/sysrq-trigger; dmesg | grep -c 'Tainted: P        W'")
    ended.expect(0, b"0\n513\n1\n")
    ended = shell("echo 64 >/proc/sys/kernel/tainted; echo alive", "panic_on_taint=40")
    equal(ended.status, 133)
    contains(ended.err, r"panic_on_taint set")


@test(cpus=(1, 2))
def the_watchdogs_settings(cpus):
    ended = shell("cd /proc/sys/kernel; cat watchdog watchdog_thresh hung_task_timeout_secs; "
                  "echo 61 >watchdog_thresh; echo 5 >watchdog_thresh; cat watchdog_thresh; "
                  "echo 1 >hung_task_timeout_secs; sleep 2.5; echo 0 >hung_task_timeout_secs; "
                  "sleep 0.2; dmesg | grep -c blocked", "ncpus=%d" % cpus)
    contains(ended.out, r"\A1\n10\n120\n5\n0\n\Z")
