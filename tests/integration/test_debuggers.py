# SPDX-License-Identifier: MIT
"""strace and gdb of the host, unmodified, on programs inside the kernel."""
import os
import shutil
import subprocess

import driver
from driver import Skip, check, contains, lacks, run, scratch, test

PROGRAM = r"""
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
int counter;
static int add(int a, int b)
{
	int c = a + b;
	counter += c;
	return c;
}
static void *worker(void *arg)
{
	add((int)(long)arg, 100);
	return NULL;
}
int main(int argc, char **argv)
{
	pthread_t threads[3];
	int x = add(1, 2);
	x = add(x, 3);
	for (long i = 0; i < 3; i++)
		pthread_create(&threads[i], NULL, worker, (void *)i);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	if (argc > 1 && !strcmp(argv[1], "fork")) {
		if (!fork())
			_exit(add(7, 7));
		wait(NULL);
	}
	if (argc > 1 && !strcmp(argv[1], "crash"))
		*(volatile int *)16 = x;
	if (argc > 1 && !strcmp(argv[1], "wait")) {
		puts("waiting");
		fflush(stdout);
		for (;;)
			pause();
	}
	printf("x %d counter %d\n", x, counter);
	return 0;
}
"""


def need(*programs):
    for program in programs:
        if not shutil.which(program):
            raise Skip("no " + program)


def inside(*args, cpus=2, limit=60):
    argv = [os.path.abspath(driver.VMLINUX), "run", "--cpus", str(cpus), "--"] + list(args)
    return run(argv, limit=limit)


def program():
    """The program above, compiled; and its folder."""
    need("gcc")
    folder = os.path.realpath(scratch())
    os.chmod(folder, 0o755)
    source = os.path.join(folder, "prog.c")
    with open(source, "w") as f:
        f.write(PROGRAM)
    binary = os.path.join(folder, "prog")
    subprocess.run(["gcc", "-g", "-O0", "-pthread", "-o", binary, source], check=True)
    return binary


def gdb(commands, *args, cpus=2):
    need("gdb")
    folder = os.path.realpath(scratch())
    os.chmod(folder, 0o755)
    script = os.path.join(folder, "commands")
    with open(script, "w") as f:
        f.write("set pagination off\nset confirm off\n" + commands)
    end = inside("gdb", "-q", "-nx", "-batch", "-x", script, "--args", *args, cpus=cpus)
    lacks(end.out, r"Error in sourced command file")
    return end.out


@test(limit=90, cpus=(1, 2))
def strace_follows_a_shell(cpus):
    need("strace")
    end = inside("strace", "-f", "sh", "-c", "/bin/echo one; (exit 3); echo two | cat", cpus=cpus)
    check(end.status == 0)
    contains(end.out, r"^one\n")
    contains(end.out, r"two\n")
    contains(end.err, r"execve\(.*/bin/echo")
    contains(end.err, r"exited with 3")
    contains(end.err, r"--- SIGCHLD \{si_signo=SIGCHLD, si_code=CLD_EXITED")
    contains(end.err, r"\+\+\+ exited with 0 \+\+\+")


@test(limit=90)
def strace_follows_threads_and_signals():
    need("strace")
    end = inside("strace", "-f", program(), "crash")
    contains(end.err, r"clone3?\(.*CLONE_THREAD")
    contains(end.err, r"--- SIGSEGV \{si_signo=SIGSEGV, si_code=SEGV_MAPERR, si_addr=0x10\}")
    contains(end.err, r"killed by SIGSEGV")


@test(limit=90)
def strace_changes_and_counts():
    need("strace")
    end = inside("strace", "-f", "-e", "inject=getppid:retval=4242", "sh", "-c", "echo $PPID")
    contains(end.out, r"^4242\n")
    end = inside("strace", "-f", "-c", "--seccomp-bpf", "-e", "trace=openat", "ls", "/")
    contains(end.err, r"openat")


def gdb_calls_functions(binary):
    """Debian 12's gdb cannot on processors with AMX: it writes back too short a state."""
    end = run(["gdb", "-q", "-nx", "-batch", "-ex", "break add", "-ex", "run", "-ex", "disable 1",
               "-ex", "print add(10, 20)", binary], limit=60)
    return b"$1 = 30" in end.out


CALL = """
disable 1
print add(10, 20)
enable 1
"""


@test(limit=90, cpus=(1, 2))
def gdb_breaks_steps_and_watches(cpus):
    binary = program()
    calls = gdb_calls_functions(binary)
    out = gdb("""
break add
run
backtrace
next
next
print c
%s
finish
watch counter
continue
continue
delete
continue
""" % (CALL if calls else ""), binary, cpus=cpus)
    added = 30 if calls else 0
    contains(out, r"#0 +add \(a=1, b=2\)")
    contains(out, r"#1 .* in main")
    contains(out, r"\$1 = 3\n")
    if calls:
        contains(out, r"\$2 = 30\n")
    contains(out, r"Value returned is \$%d = 3" % (3 if calls else 2))
    contains(out, r"Old value = %d\nNew value = %d" % (3 + added, 9 + added))
    contains(out, r"x 6 counter %d" % (312 + added))
    contains(out, r"exited normally")


@test(limit=90)
def gdb_sees_threads():
    out = gdb("""
break worker
run
info threads
thread apply all backtrace 1
delete
continue
""", program())
    contains(out, r"hit Breakpoint 1, worker")
    contains(out, r"Thread 0x[0-9a-f]+ \(LWP [0-9]+\)")
    contains(out, r"exited normally")


@test(limit=90)
def gdb_follows_forks():
    out = gdb("""
set detach-on-fork off
set follow-fork-mode child
catch fork
run
break add
continue
backtrace 1
continue
info inferiors
kill inferiors 1
""", program(), "fork")
    contains(out, r"hit Catchpoint 1 \(forked process")
    contains(out, r"add \(a=7, b=7\)")
    contains(out, r"exited with code 016")


@test(limit=90)
def gdb_attaches():
    need("gdb")
    binary = program()
    script = ("%s wait & pid=$!; sleep 1; "
              "gdb -q -nx -batch -ex 'set pagination off' -p $pid -ex 'print counter' "
              "-ex 'set var counter = 5' -ex 'print counter' -ex detach; "
              "grep State /proc/$pid/status; kill $pid" % binary)
    out = inside("sh", "-c", script).out
    contains(out, r"\$1 = 312\n")
    contains(out, r"\$2 = 5\n")
    contains(out, r"State:\tS \(sleeping\)")


@test(limit=90)
def gdb_reads_a_core():
    need("gdb")
    binary = program()
    script = ("cd /dev/shm; ulimit -c unlimited; %s crash; "
              "gdb -q -nx -batch -ex backtrace -ex 'print counter' -ex 'info threads' %s core"
              % (binary, binary))
    end = inside("sh", "-c", script)
    contains(end.out, r"terminated with signal SIGSEGV")
    contains(end.out, r"#0 .* main \(argc=2")
    contains(end.out, r"\$1 = 312\n")
