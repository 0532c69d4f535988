#!/bin/sh
# SPDX-License-Identifier: MIT
# Descriptors 0, 1 and 2 that are pipes or files: bytes unchanged, end of file, SIGPIPE, isatty.
set -u
vmlinux=${VMLINUX:-./vmlinux}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
failed=0
fail() {
	echo "FAIL: $*"
	failed=1
}
inside() {
	timeout -k 2 60 "$vmlinux" quiet -- "$@"
}

head -c 3000000 /dev/urandom >"$work/random"

inside cat <"$work/random" >"$work/copy" || fail "cat from a file: status $?"
cmp -s "$work/random" "$work/copy" || fail "3 MB from file to file differ"

cat "$work/random" | inside cat | cat >"$work/copy"
cmp -s "$work/random" "$work/copy" || fail "3 MB from pipe to pipe differ"

inside sh -c 'echo out; echo err >&2' >"$work/out" 2>"$work/err" </dev/null
[ "$(cat "$work/out")" = out ] || fail "standard output: $(cat "$work/out")"
[ "$(cat "$work/err")" = err ] || fail "standard error: $(cat "$work/err")"

inside sh -c 'exit 7' </dev/null >/dev/null 2>&1
[ $? -eq 7 ] || fail "status of the command"

# The reader leaves: the writer dies of SIGPIPE, and the pipeline ends.
lines=$(inside sh -c 'yes 2>/dev/null; true' </dev/null 2>/dev/null | head -n 2 | wc -l)
[ "$lines" -eq 2 ] || fail "head of a pipe: $lines lines"

[ "$(inside sh -c 'test -t 0 || echo pipe' </dev/null)" = pipe ] || fail "descriptor 0 looks like a terminal"
[ "$(inside sh -c 'test -t 1 || echo pipe' </dev/null)" = pipe ] || fail "descriptor 1 looks like a terminal"

# End of file arrives; a part of the input is left to the next reader.
[ "$(printf 'a\nb\n' | inside sh -c 'cat; echo end')" = "$(printf 'a\nb\nend')" ] || fail "end of file"

# Append to a file on the host.
echo first >"$work/log"
inside echo second >>"$work/log" </dev/null
[ "$(cat "$work/log")" = "$(printf 'first\nsecond')" ] || fail "append: $(cat "$work/log")"
exit $failed
