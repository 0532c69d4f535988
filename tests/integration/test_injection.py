# SPDX-License-Identifier: MIT
"""Allocations that fail on purpose, over the boot and over the guest tests (docs/testing.md)."""
import itertools

from driver import test
from injection import boot_with, guest_tests, suite, sweep

# After how many bytes the failures begin: from the first cache to what the programs do.
BEGINNINGS = (0, 30000, 300000, 900000, 3000000)
# Programs that allocate in all folders of the kernel.
SOME = ["mm/mmap", "mm/cow", "fs/names", "fs/pipe", "process/exec", "tty/pty"]


@test(limit=150)
def some_objects_of_the_boot_fail_one_by_one():
    sweep("failslab", range(1, 4000, 73), 1)
    sweep("failslab", range(3, 4000, 311), 4)


@test(limit=150)
def some_pages_of_the_boot_fail_one_by_one():
    sweep("fail_page_alloc", range(1, 2000, 29), 1)
    sweep("fail_page_alloc", range(3, 2000, 113), 4)


@test(limit=150, cpus=(1, 2))
def a_boot_that_fails_here_and_there_ends_in_good_order(cpus):
    for seed in range(4):
        for space in BEGINNINGS:
            rate = "=1,2,%d,-1" % space
            boot_with(["failslab" + rate, "fail_page_alloc" + rate, "fail_seed=%d" % seed], cpus)


@test(limit=150)
def guest_tests_without_memory_leave_nothing_behind():
    suite(["failslab=200", "fail_page_alloc=500"], 2, SOME, 140)


@test(limit=2400, long=True, hours=True, cpus=(1, 2))
def each_object_of_the_boot_fails_once(cpus):
    sweep("failslab", range(1, 20000), cpus)


@test(limit=900, long=True, hours=True, cpus=(1, 2))
def each_page_of_the_boot_fails_once(cpus):
    sweep("fail_page_alloc", range(1, 20000), cpus)


KINDS = (["failslab"], ["fail_page_alloc"], ["failslab", "fail_page_alloc"])


@test(limit=2400, long=True, hours=True, cpus=(1, 2, 4))
def boots_at_many_rates_and_seeds(cpus):
    for percent, interval, space, kinds in itertools.product((1, 3, 10, 30, 100), (1, 7, 50), BEGINNINGS, KINDS):
        for seed in range(3):
            rate = "=%d,%d,%d,-1" % (interval, percent, space)
            boot_with([kind + rate for kind in kinds] + ["fail_seed=%d" % seed], cpus)


@test(limit=3000, long=True, hours=True, cpus=(1, 2, 4))
def all_guest_tests_at_many_rates_leave_nothing_behind(cpus):
    for rate in (60, 400):
        suite(["failslab=%d" % rate, "fail_page_alloc=%d" % (2 * rate + 13)], cpus, guest_tests(), 1400)
