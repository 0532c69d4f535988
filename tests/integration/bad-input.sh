#!/bin/sh
# SPDX-License-Identifier: MIT
# Bad input and poor hosts: one line that names the cause, status 2, nothing started.
set -u
vmlinux=${VMLINUX:-./vmlinux}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
failed=0

# refuses PATTERN ARGUMENT...: status 2, one line on stderr that matches, nothing on stdout.
refuses() {
	pattern=$1
	shift
	timeout -k 2 20 "$vmlinux" "$@" >"$work/out" 2>"$work/err" </dev/null
	status=$?
	if [ $status -ne 2 ] || [ -s "$work/out" ] || [ "$(wc -l <"$work/err")" -ne 1 ] ||
		! grep -q -- "$pattern" "$work/err"; then
		echo "FAIL: vmlinux $*: status $status, want 2 and one line with '$pattern'; got:"
		cat "$work/out" "$work/err"
		failed=1
	fi
}

refuses 'unknown parameter "nonsense=1"' nonsense=1
refuses 'unknown parameter "nonsense"' nonsense
refuses 'unknown option "--nonsense"' --nonsense
refuses 'malformed parameter "=1"' =1
refuses 'empty parameter' ''
refuses 'malformed parameter "mem=abc"' mem=abc
refuses 'malformed parameter "mem=-1"' mem=-1
refuses 'malformed parameter "mem=64MB"' mem=64MB
refuses '"mem" needs a value' mem
refuses '"mem" needs a value' mem=
refuses '"mem=1K" is out of range' mem=1K
refuses '"mem=99999999999999999999" is out of range' mem=99999999999999999999
refuses '"mem=2000G" is out of range' mem=2000G
refuses 'not enough memory on the host' mem=1024G
refuses '"ncpus=0" is out of range' ncpus=0
refuses '"ncpus=65" is out of range' ncpus=65
refuses 'malformed parameter "ncpus=two"' ncpus=two
refuses 'malformed parameter "loglevel=x"' loglevel=x
refuses 'malformed parameter "trap=none": want' trap=none
refuses '"trap" needs a value' trap=

refuses 'No such file' "initrd=$work/missing"
refuses 'not a regular file' "initrd=$work"
: >"$work/empty"
refuses 'too short' "initrd=$work/empty"
echo 'this is no archive at all' >"$work/text"
refuses 'neither cpio, gzip nor zstd' "initrd=$work/text"
printf '070701%0104d' 0 >"$work/short.cpio"
refuses 'damaged' "initrd=$work/short.cpio"
if command -v gzip >/dev/null; then
	head -c 100000 /dev/zero | gzip >"$work/whole.gz"
	refuses 'damaged' "initrd=$work/whole.gz"
	head -c 60 "$work/whole.gz" >"$work/cut.gz"
	refuses 'damaged' "initrd=$work/cut.gz"
fi
printf '\050\265\057\375garbage' >"$work/bad.zst"
refuses 'damaged' "initrd=$work/bad.zst"

(
	ulimit -f 1024
	refuses 'RLIMIT_FSIZE' mem=256M
	exit $failed
) || failed=1
(
	ulimit -v 400000
	refuses 'RLIMIT_AS' mem=256M
	exit $failed
) || failed=1

# wrapped COMMAND...: a program that runs vmlinux below COMMAND, for refuses.
wrapped() {
	printf '#!/bin/sh\nexec %s "%s" "$@"\n' "$*" "$(realpath "$real")" >"$work/wrapped"
	chmod +x "$work/wrapped"
	vmlinux=$work/wrapped
}
real=$vmlinux

if command -v prlimit >/dev/null; then
	wrapped prlimit --sigpending=1
	refuses 'RLIMIT_SIGPENDING' mem=256M
fi

# A host without seccomp and ptrace, as strace can play it.
if command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null; then
	wrapped strace -f -o /dev/null -e inject=seccomp:error=ENOSYS
	refuses 'no seccomp filters' mem=256M
fi

# A control group with less memory: a mount namespace of our own shows one.
limits='mount -t tmpfs none /sys/fs/cgroup && mkdir /sys/fs/cgroup/memory &&
	echo 104857600 | tee /sys/fs/cgroup/memory.max >/sys/fs/cgroup/memory/memory.limit_in_bytes'
if unshare -m sh -c "$limits" 2>/dev/null; then
	printf '#!/bin/sh\n%s\nexec "$@"\n' "$limits" >"$work/limited"
	wrapped unshare -m sh "$work/limited"
	refuses "cgroup's memory limit .* of 100 MiB is below mem=256M" mem=256M
fi

vmlinux=$real
"$vmlinux" --help >"$work/out" 2>"$work/err" && grep -q '^Usage: vmlinux' "$work/out" && [ ! -s "$work/err" ] ||
	{ echo "FAIL: --help"; failed=1; }
"$vmlinux" --version >"$work/out" 2>"$work/err" && grep -q '^vmlinux [0-9]' "$work/out" && [ ! -s "$work/err" ] ||
	{ echo "FAIL: --version"; failed=1; }
exit $failed
