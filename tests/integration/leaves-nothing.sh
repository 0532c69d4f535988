#!/bin/sh
# SPDX-License-Identifier: MIT
# kill -9 at random moments of a busy run leaves no process and no shared memory behind, under
# trap=seccomp and trap=ptrace in turn.
# ROUNDS=50 for the long form.
set -u
vmlinux=${VMLINUX:-./vmlinux}
rounds=${ROUNDS:-10}
# As root with a /dev/shm of our own, so that other programs' files do not count.
if [ -z "${OWN_SHM:-}" ] && unshare -m true 2>/dev/null; then
	# shellcheck disable=SC2016
	OWN_SHM=1 exec unshare -m sh -c 'mount -t tmpfs tmpfs /dev/shm && exec "$0"' "$0"
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM

# Everything that vmlinux starts stays in its session, which here is one of its own.
members() {
	ps -e -o sid=,stat=,pid=,args= | awk -v s="$1" '$1 == s && $2 !~ /^Z/'
}

shm_before=$(ls /dev/shm 2>/dev/null)
round=0
while [ $round -lt "$rounds" ]; do
	round=$((round + 1))
	trap=seccomp
	[ $((round % 2)) -eq 1 ] || trap=ptrace
	setsid "$vmlinux" quiet trap=$trap ncpus=2 -- sh -c 'while :; do ls -l / | sort | wc -l; done' \
		</dev/null >"$work/out" 2>&1 &
	pid=$!
	sleep "0.$(awk -v r="$round" 'BEGIN { srand(r * 7919); printf "%03d", rand() * 900 + 20 }')"
	kill -9 $pid 2>/dev/null
	wait $pid 2>/dev/null
	# The death of the children follows by signal, not at once.
	tries=0
	while [ -n "$(members $pid)" ] && [ $tries -lt 40 ]; do
		tries=$((tries + 1))
		sleep 0.05
	done
	if [ -n "$(members $pid)" ]; then
		echo "FAIL: round $round, trap=$trap: still there:"
		members $pid
		exit 1
	fi
done
[ "$shm_before" = "$(ls /dev/shm 2>/dev/null)" ] || { echo "FAIL: something is left in /dev/shm"; exit 1; }
exit 0
