#!/bin/sh
# A program with a test harness and the runtime, as far as cargo jostle can tell: it lists
# tests, and with a session it does what the name of its test says.
here=$(dirname "$0")
if [ -z "$JOSTLE_SESSION" ]; then
    case " $* " in
    *" --ignored "*) echo "slow: test" ;;
    *) cat "$here/tests" ;;
    esac
    exit 0
fi
field() { sed -n "s/^ *\"$1\": \"\(.*\)\",*\$/\1/p" "$JOSTLE_SESSION"; }
result=$(field result)
out=$(grep -A1 '"--out"' "$JOSTLE_SESSION" | tail -n 1 | tr -d ' ",')
name=$2
outcome() { echo "{\"version\": 1, \"ending\": $1, \"cautions\": [$2]}" >"$result"; }
# executions, verdict, findings, traces
document() {
    printf '{\n"jostle_hunt": 1, "scenarios": [{"verdict": "%s", "executions": %s, "steps": 900,' "$2" "$1"
    printf ' "distinct_interleavings": 812, "unseen_probability": 0.1, "findings": [%s], "traces": [%s]}]}\n' "$3" "$4"
}
finding='{"kind": "deadlock", "message": "main waits\nfor t1\u001b[2J", "signature": "deadlock-1",
    "place": {"file": "src/lib.rs", "line": 7, "column": 3}, "task": "main", "execution": 17,
    "count": 1, "steps": 58, "preemptions": 2}'
trace=$out/$name.trace.json
if grep -q '"replay"' "$JOSTLE_SESSION"; then
    outcome '"explored"' ''
    case $name in
    racy) echo "racy: nothing found"; exit 0 ;;
    other) printf 'deadlock\nFingerprint: 0000000000000001\n'; exit 1 ;;
    esac
    replayed=$(grep -A1 '"replay"' "$JOSTLE_SESSION" | tail -n 1 | tr -d ' ",')
    fingerprint=$(sed -n 's/^ *"fingerprint": "\(.*\)",*$/\1/p' "$replayed")
    printf '\033[1mdeadlock\033[0m \033[2Jin %s\nReplay: cargo jostle replay %s\n' "$name" "$replayed"
    printf 'Fingerprint: %s\n' "$fingerprint"
    exit 1
fi
if grep -q '"retest"' "$JOSTLE_SESSION"; then
    outcome '"explored"' ''
    retested() { printf '{\n"jostle_retest": 1, "schedules": [%s]}\n' "$1"; }
    file="\"file\": \"$here/tests/jostle/$name-deadlock-1.schedule.json\", \"rows\": 2"
    missed='"missed": "`main before lock -> main`: main never came to lock", "finding": null, "trace": null'
    case $name in
    kept)
        retested "{$file, \"outcome\": \"not-followed\", \"followed\": 1, $missed}"
        exit 0
        ;;
    esac
    mkdir -p "$out"
    cp "$here/trace" "$trace"
    again='"outcome": "fails", "followed": 2, "missed": null'
    retested "{$file, $again, \"finding\": $finding, \"trace\": \"$trace\"}"
    exit 1
fi
case $name in
clean | kept) outcome '"explored"' '"it wrote to /etc/motd"'; echo "running 1 test"; document 2000 as-expected ;;
deadlocky | racy | other)
    mkdir -p "$out"
    cp "$here/trace" "$trace"
    outcome '"explored"' ''
    document 17 unexpected "$finding" "\"$trace\""
    exit 1
    ;;
single) outcome '"single-threaded", "exit-code": 0, "output": ""' '' ;;
fails) outcome '"single-threaded", "exit-code": 101, "output": "left: 1"' ''; exit 101 ;;
refused) outcome '"refused", "reason": "it calls fork", "remedy": "leave it out with --skip refused"' ''; exit 2 ;;
dies) kill -SEGV $$ ;;
exits) echo "no memory" >&2; exit 0 ;;
garbage) outcome '"explored"' ''; echo "hello" ;;
liar) outcome '"explored"' ''; document 5 as-expected; exit 1 ;;
nonsense) echo '{"version": 1' >"$result" ;;
hangs) sleep 600 ;;
*) echo "unknown test $name" >&2; exit 3 ;;
esac
