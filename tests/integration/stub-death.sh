#!/bin/sh
# SPDX-License-Identifier: MIT
# A guest process whose host process is killed from outside ends by SIGKILL; the rest goes on.
# And a host that gives no more processes makes fork() fail, no more.
set -u
vmlinux=${VMLINUX:-./vmlinux}
work=$(mktemp -d)
chmod 755 "$work"
trap 'rm -rf "$work"' EXIT INT TERM

setsid "$vmlinux" quiet ncpus=2 -- sh -c 'sh -c "while :; do :; done" & echo started; wait $!; echo "status $?"; echo "still here"' \
	</dev/null >"$work/out" 2>"$work/err" &
pid=$!
tries=0
while ! grep -qs started "$work/out" && [ $tries -lt 100 ]; do
	tries=$((tries + 1))
	sleep 0.1
done
sleep 1
# The busy one of the session is the loop.
busy=$(for p in $(ps -e -o sid=,pid=,comm= | awk -v s=$pid '$1 == s && $3 == "vmlinux-guest" {print $2}'); do
	awk '{ print $1, $14 }' "/proc/$p/stat" 2>/dev/null
done | sort -k2nr | awk 'NR == 1 {print $1}')
kill -9 "$busy"
wait $pid
status=$?
grep -q '^status 137$' "$work/out" && grep -q '^still here$' "$work/out" && [ $status -eq 0 ] || {
	echo "FAIL: killing stub $busy: status $status"
	cat "$work/out" "$work/err"
	exit 1
}

# RLIMIT_NPROC does not bind root.
if [ "$(id -u)" = 0 ]; then
	command -v setpriv >/dev/null || exit 0
	cp "$vmlinux" "$work/vmlinux"
	user="setpriv --reuid=65534 --regid=65534 --clear-groups"
else
	cp "$vmlinux" "$work/vmlinux"
	user=
fi
(
	cd /
	used=$(ps -L -u 65534 -o lwp= | wc -l)
	[ "$(id -u)" = 0 ] || used=$(ps -L -u "$(id -u)" -o lwp= | wc -l)
	command -v prlimit >/dev/null || exit 0
	# shellcheck disable=SC2086
	timeout -k 2 60 $user prlimit --nproc=$((used + 60)) "$work/vmlinux" quiet mem=128M -- \
		sh -c 'i=0; while [ $i -lt 60 ]; do sleep 1 & i=$((i+1)); done; wait; echo unexpected' \
		</dev/null >"$work/out" 2>"$work/err"
)
grep -q "can't fork" "$work/out" "$work/err" && ! grep -q unexpected "$work/out" || {
	echo "FAIL: no EAGAIN at the host's limit of processes"
	cat "$work/out" "$work/err"
	exit 1
}
grep -q -i "panic" "$work/err" && {
	echo "FAIL: panic at the host's limit of processes"
	cat "$work/err"
	exit 1
}
exit 0
