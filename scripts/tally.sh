# Sourced by the stages: how a stage says what passed and what failed.
# shellcheck shell=bash

# tally PASSED FAILED: adds to the counts of the stage that runs.
tally() {
    echo "$1 $2" >>"${TALLY_FILE:?run this through scripts/test}"
}

# check TITLE COMMAND…: runs the command, shows its output, counts one pass or one failure, and goes on.
check() {
    local title=$1
    shift
    if "$@"; then
        echo "  ok      $title"
        tally 1 0
    else
        echo "  FAILED  $title"
        tally 0 1
    fi
}

# tally_cargo LOG STATUS: counts the results in the output of `cargo test`; one failure when it built or ran nothing.
tally_cargo() {
    local passed failed
    read -r passed failed < <(awk '/^test result:/ { p += $4; f += $6 } END { print p + 0, f + 0 }' "$1")
    # A target that did not build, crashed or was cut off prints no result of its own.
    if [[ "$2" != 0 && "$failed" == 0 ]]; then failed=1; fi
    if [[ "$passed" == 0 && "$failed" == 0 ]]; then failed=1; fi
    tally "$passed" "$failed"
}
