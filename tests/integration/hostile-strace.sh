#!/bin/sh
# SPDX-License-Identifier: MIT
# The hostile guests under strace on the host: with --seccomp-bpf it shows only what the filters
# let through. Calls of guest threads must be those of docs/security.md and no other.
set -u
vmlinux=${VMLINUX:-./vmlinux}
build=${VMLINUX_BUILD:-build}
command -v strace >/dev/null || { echo "no strace"; exit 77; }
strace --help | grep -q seccomp-bpf || { echo "this strace has no --seccomp-bpf"; exit 77; }
strace -o /dev/null true 2>/dev/null || { echo "no ptrace here"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM

# One call must be left out, or strace does without the filter.
timeout -k 5 200 strace -f --seccomp-bpf -e 'trace=!uselib' -e signal=none -o "$work/trace" \
	"$vmlinux" quiet mem=256M initrd="$build/tests/guest.cpio" init=/tests/runner -- limit=60 \
	hostile/modes hostile/scribble hostile/flood hostile/frames hostile/sites hostile/rewrite </dev/null >"$work/out" 2>"$work/err"
status=$?
grep -q '^TEST hostile/modes' "$work/out" || {
	echo "FAIL: the hostile programs did not run (status $status)"
	tail -20 "$work/out" "$work/err"
	exit 1
}

# Guest threads are those that a mapper cloned: no TLS, no child_tidptr.
awk '
function call_of(line) { sub(/^[0-9]+ +/, "", line); return line }
{
	text = call_of($0)
	if (text ~ /^<\.\.\. clone resumed/ && pending[$1]) {
		if (match(text, /= [0-9]+$/))
			guest[substr(text, RSTART + 2)] = 1
		pending[$1] = 0
	} else if (text ~ /^clone\(child_stack=NULL, flags=CLONE_VM\|CLONE_FS\|CLONE_FILES\|CLONE_SIGHAND\|CLONE_THREAD\|CLONE_SYSVSEM/) {
		if (match(text, /= [0-9]+$/))
			guest[substr(text, RSTART + 2)] = 1
		else
			pending[$1] = 1
	}
	line[NR] = $0
}
END {
	for (i = 1; i <= NR; i++) {
		split(line[i], word, " ")
		tid = word[1]
		if (!(tid in guest))
			continue
		text = call_of(line[i])
		if (text ~ /^(<\.\.\.|\+\+\+|---|\?\?\?|exit_group\(|sched_yield\(|futex\(0x7e00[0-9a-f]+, FUTEX_WA(IT|KE), 1)/)
			ok++
		else if (!confined[tid] && text ~ /^(sigaltstack|rt_sigprocmask)\(/)
			ok++
		else if (!confined[tid] && text ~ /^seccomp\(/) {
			confined[tid] = 1
			ok++
		} else if (text !~ /^futex\(0x7e00/ || text !~ /FUTEX_WA(IT|KE),/) {
			bad++
			if (bad < 20)
				print "FAIL: guest thread: " line[i]
		} else
			ok++
	}
	n = 0
	for (t in guest)
		n++
	print n " guest threads, " ok + 0 " calls in the list, " bad + 0 " outside of it"
	exit (bad || n < 5 || ok < 100)
}' "$work/trace"
