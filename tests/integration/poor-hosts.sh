#!/bin/sh
# SPDX-License-Identifier: MIT
# Hosts and containers that lack something (tests/integration/refuse.c): the best mode that works
# is taken and named in the log, or one line says what is missing, with status 2.
set -u
vmlinux=$(realpath "${VMLINUX:-./vmlinux}")
refuse=$(realpath "${VMLINUX_BUILD:-build}")/tests/tools/refuse
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
failed=0

fail() {
	echo "FAIL: $*"
	cat "$work/out" "$work/err"
	failed=1
}

# works PATTERN COMMAND...: a machine that boots, and a log that matches.
works() {
	pattern=$1
	shift
	timeout -k 2 40 "$@" -- sh -c 'echo up; ls / | wc -l; sleep 0.1; kill -0 $$; [ "$(id -u)" = 0 ]' >"$work/out" 2>"$work/err" </dev/null
	status=$?
	[ $status -ne 77 ] || { echo "no seccomp filters to play with here"; exit 77; }
	[ $status -eq 0 ] && grep -q '^up' "$work/out" && grep -q -- "$pattern" "$work/err" ||
		fail "$*: status $status, want 0 and '$pattern'"
}

# refused PATTERN COMMAND...: status 2, one line, nothing started.
refused() {
	pattern=$1
	shift
	timeout -k 2 20 "$@" >"$work/out" 2>"$work/err" </dev/null
	status=$?
	[ $status -eq 2 ] && [ ! -s "$work/out" ] && [ "$(wc -l <"$work/err")" -eq 1 ] &&
		grep -q -- "$pattern" "$work/err" || fail "$*: status $status, want 2 and '$pattern'"
}

works 'trap: seccomp' "$vmlinux"
works 'trap: ptrace$' "$vmlinux" trap=ptrace
works 'trap: ptrace (no seccomp filters' "$refuse" seccomp -- "$vmlinux" ncpus=2
works 'trap: ptrace (no seccomp filters' "$refuse" seccomp -- "$vmlinux" trap=ptrace
works 'trap: ptrace (no seccomp filters' "$refuse" seccomp cancelled -- "$vmlinux"
works 'trap: seccomp' "$refuse" ptrace -- "$vmlinux"
refused 'no seccomp filters' "$refuse" seccomp -- "$vmlinux" trap=seccomp
refused 'cannot trace processes' "$refuse" ptrace -- "$vmlinux" trap=ptrace
refused 'no seccomp filters.*cannot trace processes' "$refuse" seccomp ptrace -- "$vmlinux"

# Without FSGSBASE the host sets the bases: here threads, each with its own, in both modes.
works 'no FSGSBASE instructions' "$vmlinux" nofsgsbase ncpus=2
works 'no FSGSBASE instructions' "$vmlinux" nofsgsbase trap=ptrace
timeout -k 2 60 "$vmlinux" run --cpus 2 --append nofsgsbase -- xz -T4 -c "$vmlinux" 2>"$work/err" |
	xz -dc | cmp - "$vmlinux" >"$work/out" || fail "run --append nofsgsbase"

# No file in memory can be executed: the stub's is on disk then.
if unshare --pid --fork --mount-proc sh -c 'echo 2 >/proc/sys/vm/memfd_noexec' 2>/dev/null; then
	for value in 1 2; do
		works 'trap: seccomp' unshare --pid --fork --mount-proc sh -c \
			'echo "$1" >/proc/sys/vm/memfd_noexec && shift && exec "$@"' sh $value "$vmlinux"
	done
fi

# `run` knows the parameter too.
timeout -k 2 40 "$vmlinux" run --append trap=ptrace -- sh -c 'cat /proc/cmdline; exit 7' \
	>"$work/out" 2>"$work/err" </dev/null
[ $? -eq 7 ] && grep -q trap=ptrace "$work/out" || fail "run --append trap=ptrace"

# Disks without io_uring.
head -c 1048576 /dev/zero >"$work/disk"
timeout -k 2 40 "$refuse" io_uring_setup -- "$vmlinux" quiet ubd0="$work/disk" -- \
	sh -c 'echo written >/dev/ubda && sync && head -n 1 /dev/ubda' >"$work/out" 2>"$work/err" </dev/null
[ $? -eq 0 ] && grep -q written "$work/out" && grep -q written "$work/disk" || fail "no io_uring"

# No further process or thread: the limit does not hold for root.
if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null && command -v prlimit >/dev/null; then
	cp "$vmlinux" "$work/vmlinux"
	chmod 755 "$work" "$work/vmlinux"
	for trap in seccomp ptrace; do
		refused 'host gives no\|cannot start a guest process\|cannot trace' setpriv --reuid 65533 \
			--regid 65533 --clear-groups prlimit --nproc=1 "$work/vmlinux" trap=$trap
		works "trap: $trap" setpriv --reuid 65533 --regid 65533 --clear-groups "$work/vmlinux" trap=$trap
	done
fi
exit $failed
