#!/bin/sh
# SPDX-License-Identifier: MIT
# SIGTERM at any moment of the boot and of a busy run: an orderly power-off, status 0. Before
# anything is started the signal kills as usual (143 for the shell).
set -u
vmlinux=${VMLINUX:-./vmlinux}
rounds=${ROUNDS:-20}
failed=0
round=0
while [ $round -lt "$rounds" ]; do
	round=$((round + 1))
	"$vmlinux" quiet ncpus=2 -- sh -c 'while :; do ls / >/dev/null; done' </dev/null >/dev/null 2>&1 &
	pid=$!
	delay=$(awk -v r="$round" 'BEGIN { srand(r * 104729); printf "0.%03d", 2 + rand() * rand() * 150 }')
	sleep "$delay"
	kill -TERM $pid
	wait $pid
	status=$?
	if [ $status -ne 0 ] && [ $status -ne 143 ]; then
		echo "FAIL: SIGTERM after $delay s: status $status"
		failed=1
	fi
done
exit $failed
