#!/usr/bin/env bash
# Every check, each step timed, and one line at the end that counts.
set -euo pipefail
cd "$(dirname "$0")/.."

# The longest time in seconds in which a step prints nothing. A step that hangs is stopped then, and what still runs is named.
SILENCE_MAX=${CLEARHOOK_TEST_SILENCE:-900}

log=$(mktemp)
watcher=
trap 'stop_watching; rm -f "$log"' EXIT
begin=$SECONDS

# The processes below process $1, children before their parents.
descendants() {
  local child
  for child in $(pgrep -P "$1"); do
    descendants "$child"
    echo "$child"
  done
}

# Names of the Rust tests that were reported as slow and have not ended.
unfinished() {
  awk '/^test .* has been running for over/ { slow[$2] = 1 } /^test .* \.\.\. / { delete slow[$2] } END { for (name in slow) print "  " name }' "$log"
}

# What each thread of process $1 waits for: by gdb where it is installed, and else the system call, the processor time in ticks and the name.
stacks() {
  local task
  if command -v gdb >/dev/null; then
    timeout 60 gdb -p "$1" -batch -nx -ex 'thread apply all backtrace 25' 2>/dev/null | cut -c1-300
    return 0
  fi
  for task in /proc/"$1"/task/*; do
    printf '  %s: system call %s, ticks %s\n' "$(cat "$task/comm")" "$(cut -d' ' -f1-3 "$task/syscall")" "$(sed 's/.*) //' "$task/stat" | cut -d' ' -f12,13)"
  done
}

# Stops the current step when nothing is printed any more.
stop_when_silent() {
  local pids=() self=$BASHPID changed pid
  while sleep 5; do
    changed=$(stat -c %Y "$log" 2>/dev/null) || return 0
    [ $(($(date +%s) - changed)) -ge "$SILENCE_MAX" ] || continue
    mapfile -t pids < <(descendants $$ | grep -vxF -e "$self")
    printf '\ntest: nothing was printed for %s s, so the step is stopped.\nTests that were running:\n%s\nProcesses:\n' "$SILENCE_MAX" "$(unfinished)" >&2
    ps -o pid,ppid,etime,stat,args -p "$(IFS=,; echo "${pids[*]}")" >&2 || true
    for pid in $(pgrep -x clearhook | grep -xF -f <(printf '%s\n' "${pids[@]}")); do
      printf '\nThreads of process %s:\n%s\n' "$pid" "$(stacks "$pid")" >&2
    done || true
    # What keeps the servers of the tests ignores this, and stops them when their test has ended.
    kill -TERM "${pids[@]}" 2>/dev/null || true
    sleep 10
    kill -KILL "${pids[@]}" 2>/dev/null || true
    return 0
  done
}

# The step runs in the foreground: a shell lets its background commands ignore Ctrl+C, and some tests send it.
step() {
  local at=$SECONDS
  printf '\n==> %s\n' "$1" | tee -a "$log"
  shift
  "$@" 2>&1 | tee -a "$log"
  printf '==> done in %d s\n' $((SECONDS - at))
}

stop_watching() {
  [ -n "$watcher" ] || return 0
  kill $(descendants "$watcher") "$watcher" 2>/dev/null || true
  wait "$watcher" 2>/dev/null || true
  watcher=
}

# A step that prints a line for each test.
watched_step() {
  stop_when_silent &
  watcher=$!
  step "$@"
  stop_watching
}

unit() { source scripts/env.sh && cargo test --locked --workspace --features ssr; }

step "disk space" scripts/space.sh
step "set-up" scripts/setup.sh
step "lint" scripts/lint.sh
step "front end" scripts/site.sh
watched_step "unit and integration tests (SQLite and PostgreSQL)" unit
watched_step "journeys in a browser" scripts/e2e.sh

rust=$(awk '/^test result: ok\./ { passed += $4 } END { print passed + 0 }' "$log")
browser=$(awk '$2 == "passed" && $1 ~ /^[0-9]+$/ { passed += $1 } END { print passed + 0 }' "$log")
if [ "$rust" -eq 0 ] || [ "$browser" -eq 0 ]; then
  echo "test: a part ran no test (Rust $rust, browser $browser)" >&2
  exit 1
fi
printf '\nEvery check passed in %d s: %d Rust tests, %d browser journeys.\n' $((SECONDS - begin)) "$rust" "$browser"
echo "$((rust + browser)) passed, 0 failed"
