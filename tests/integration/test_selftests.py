# SPDX-License-Identifier: MIT
"""Linux's own kernel selftests, built from Debian's linux-source-6.1: what passes on the host
passes inside. Nothing of them is kept in this tree; without the package the test is skipped.

Programs that set the host's clock, mount on the host, or use much memory are not in the list.
"""
import fnmatch
import glob
import os
import subprocess
import time

from driver import VMLINUX, Skip, check, scratch, test

ARCHIVE = "/usr/src/linux-source-6.1.tar.xz"
LIMIT = 90          # seconds for one program ...
TIMES = 8           # ... inside also so many times what it takes on a slow host

# Folders, each with the programs that are run (all when none is named).
PROGRAMS = {
    "breakpoints": ["breakpoint_test"],
    "capabilities": ["test_execve"],
    "clone3": ["clone3", "clone3_clear_sighand", "clone3_set_tid"],
    "core": [],
    "exec": ["load_address.*", "non-regular", "null-argv", "recursion-depth"],
    "filesystems/epoll": ["epoll_wakeup_test"],
    "futex/functional": ["futex_*"],
    "ipc": ["msgque"],
    "kcmp": ["kcmp_test"],
    "landlock": ["*_test"],
    "membarrier": [],
    "memfd": ["memfd_test"],
    "mincore": [],
    "mqueue": ["mq_open_tests"],
    "nsfs": ["owner", "pidns"],
    "openat2": ["openat2_test", "rename_attack_test", "resolve_test"],
    "pid_namespace": ["regression_enomem"],
    "pidfd": ["pidfd_fdinfo_test", "pidfd_getfd_test", "pidfd_open_test", "pidfd_poll_test",
              "pidfd_setns_test", "pidfd_test", "pidfd_wait"],
    "proc": ["fd-*", "proc-*", "read", "self", "setns-*", "thread-self"],
    "ptrace": ["get_syscall_info", "peeksiginfo"],
    "rlimits": ["rlimits-per-userns"],
    "rseq": ["basic_test", "param_test"],
    "seccomp": ["seccomp_bpf"],
    "sigaltstack": ["sas"],
    "splice": ["default_file_splice_read"],
    "syscall_user_dispatch": ["sud_test"],
    "timens": ["clock_nanosleep", "exec", "futex", "gettime_perf", "procfs", "timens", "timer",
               "timerfd"],
    "timers": ["inconsistency-check", "mqueue-lat", "nanosleep", "posix_timers",
               "threadtest"],
    "tmpfs": ["bug-link-o-tmpfile"],
    "vDSO": ["vdso_test_*"],
    "vm": ["madv_populate", "map_fixed_noreplace", "map_populate", "mlock2-tests",
           "mremap_dontunmap", "userfaultfd"],
    "x86": ["check_initial_reg_state_64", "corrupt_xstate_header_64", "sigaltstack_64",
            "single_step_syscall_64", "syscall_arg_fault_64", "syscall_nt_64"],
}

ARGUMENTS = {"inconsistency-check": ["-t", "3"], "threadtest": ["-n", "4", "-t", "5"],
             "userfaultfd": ["anon", "8", "2"]}

# What passes on a host and not here, and why.
EXCEPTIONS = {
    "mincore/mincore_selftest": "its file is on tmpfs, where nothing is read ahead",
    "exec/non-regular": "its last case wants a socket of the internet families",
}

# Written for one version of the ABI, that of the kernel headers here: a newer host fails some.
INSIDE_ONLY = ["landlock/base_test", "landlock/fs_test", "landlock/ptrace_test"]


def build(root):
    """Unpacks and compiles; the folder of the programs."""
    if not os.path.exists(ARCHIVE):
        raise Skip(ARCHIVE + " is missing (apt-get install linux-source-6.1)")
    tree = os.path.join(root, "linux-source-6.1")
    subprocess.run(["tar", "xf", ARCHIVE, "-C", root, "--exclude=linux-source-6.1/drivers",
                    "--exclude=linux-source-6.1/sound", "--exclude=linux-source-6.1/fs"],
                   check=True)
    headers = subprocess.run(["make", "-s", "-C", tree, "headers_install", "ARCH=x86_64",
                              "INSTALL_HDR_PATH=" + root + "/usr"], capture_output=True)
    if headers.returncode:
        raise Skip("no kernel headers (rsync is needed)")
    for folder in PROGRAMS:
        out = os.path.join(root, "bin", folder)
        os.makedirs(out, exist_ok=True)
        # Some need libraries that are not here: what was made is run.
        subprocess.run(["make", "-s", "-k", "-C", tree + "/tools/testing/selftests/" + folder,
                        "OUTPUT=" + out, "KHDR_INCLUDES=-isystem " + root + "/usr/include"],
                       capture_output=True)
    return os.path.join(root, "bin")


def programs(folder):
    for name, patterns in PROGRAMS.items():
        for path in sorted(glob.glob(os.path.join(folder, name, "*"))):
            base = os.path.basename(path)
            if not os.path.isfile(path) or not os.access(path, os.X_OK) or ".so" in base:
                continue
            if patterns and not any(fnmatch.fnmatch(base, p) for p in patterns):
                continue
            with open(path, "rb") as file:
                if file.read(4) == b"\x7fELF":
                    yield name + "/" + base


def status(folder, name, before, limit=LIMIT):
    """How a program ends: its status; 124 for too long."""
    base = os.path.basename(name)
    argv = before + ["timeout", "-k", "3", str(limit), "./" + base] + ARGUMENTS.get(base, [])
    done = subprocess.run(argv, cwd=os.path.join(folder, os.path.dirname(name)),
                          stdin=subprocess.DEVNULL, capture_output=True)
    return done.returncode, (done.stdout + done.stderr).decode(errors="replace")


def host(cpus):
    """A command's beginning that runs it on this host, on so many of its cores."""
    cores = sorted(os.sched_getaffinity(0))[:cpus]
    return ["taskset", "-c", ",".join(str(core) for core in cores)]


@test(long=True, limit=3600)
def what_passes_on_the_host_passes_inside():
    folder = build(scratch())
    vmlinux = os.path.abspath(VMLINUX)
    failed, passed = [], 0
    for name in programs(folder):
        if name in EXCEPTIONS:
            continue
        for cpus in (1, 2):
            # Programs whose threads wait for each other by spinning need two cores there too.
            began = time.monotonic()
            if name not in INSIDE_ONLY and status(folder, name, host(cpus))[0]:
                continue
            limit = max(LIMIT, int(TIMES * (time.monotonic() - began)))
            code, text = status(folder, name, [vmlinux, "run", "--mem", "1G", "--cpus",
                                               str(cpus), "--"], limit)
            if code:
                failed.append("%s with %d CPUs: status %d\n%s" % (name, cpus, code,
                                                                text[-600:]))
            else:
                passed += 1
    print("%d runs passed, %d failed" % (passed, len(failed)))
    check(not failed and passed > 40, "\n".join(failed))
