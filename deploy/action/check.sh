#!/usr/bin/env bash
# Validates a configuration document and, if asked, compares it with what the hub has stored and rehearses it on findings
# that were recorded. What salve says goes into the summary, and what is wrong to its line as well. None of it goes into
# the log as it is: the document is written by others, and a line that begins with :: would be a command to the runner.
set -euo pipefail

# escaped is a text as the runner wants it in a command; of a property, such as a path, a colon and a comma too.
escaped() {
  local text=$1
  text=${text//'%'/%25}
  text=${text//$'\r'/%0D}
  text=${text//$'\n'/%0A}
  if [[ ${2:-} == property ]]; then
    text=${text//:/%3A}
    text=${text//,/%2C}
  fi
  printf '%s' "$text"
}

# summary puts a heading and a text into the summary, the text as it is, whatever it holds.
summary() {
  {
    printf '### %s\n\n<pre>\n' "$1"
    sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g' "$2"
    printf '</pre>\n\n'
  } >>"$GITHUB_STEP_SUMMARY"
}

# annotate marks what salve said is wrong: at its line where it says one.
annotate() {
  local line at file
  file=$(escaped "$SALVE_CONFIG" property)
  while IFS= read -r line; do
    line=${line#salve: }
    at=
    if [[ $line =~ ^line\ ([0-9]+),\ (.*)$ ]]; then
      at=,line=${BASH_REMATCH[1]}
      line=${BASH_REMATCH[2]}
    fi
    printf '::error file=%s%s::%s\n' "$file" "$at" "$(escaped "$line")"
  done <"$1"
}

# absolute is a path that no option begins like.
absolute() { printf '%s/%s' "$(cd "$(dirname -- "$1")" && pwd)" "$(basename -- "$1")"; }

# rehearse puts into the summary what the document would do about recorded findings.
rehearse() {
  local path code=0 arguments
  for path in "$SALVE_REHEARSE" ${SALVE_CURRENT:+"$SALVE_CURRENT"}; do
    if [[ ! -e $path ]]; then
      printf '::error::%s is not there\n' "$(escaped "$path")"
      exit 1
    fi
  done
  arguments=("$(absolute "$SALVE_REHEARSE")" --config "$document")
  [[ -z ${SALVE_CURRENT:-} ]] || arguments+=(--current "$(absolute "$SALVE_CURRENT")")
  salve rehearse "${arguments[@]}" >"$said/out" 2>"$said/err" || code=$?
  if [[ $code != 0 && $code != 2 ]]; then
    annotate "$said/err"
    summary "Salve's configuration could not be rehearsed" "$said/err"
    exit "$code"
  fi
  summary "What Salve's configuration would do about recorded findings" "$said/out"
}

said=$(mktemp -d "${RUNNER_TEMP:-/tmp}/salve-said-XXXXXX")
trap 'rm -rf "$said"' EXIT

if [[ ! -f $SALVE_CONFIG ]]; then
  printf '::error::%s is not there\n' "$(escaped "$SALVE_CONFIG")"
  exit 1
fi
document=$(absolute "$SALVE_CONFIG")

code=0
salve config validate "$document" >"$said/out" 2>"$said/err" || code=$?
if [[ $code != 0 ]]; then
  annotate "$said/err"
  summary "Salve's configuration is wrong" "$said/err"
  exit "$code"
fi

[[ $SALVE_DIFF == true ]] || summary "Salve's configuration makes sense" "$said/out"
[[ -z ${SALVE_REHEARSE:-} ]] || rehearse
[[ $SALVE_DIFF == true ]] || exit 0

salve config diff "$document" >"$said/out" 2>"$said/err" || code=$?
case $code in
  0) changes=false ;;
  2) changes=true ;;
  *)
    annotate "$said/err"
    summary "Salve's configuration could not be compared" "$said/err"
    exit "$code"
    ;;
esac
cat "$said/err" >>"$said/out" # what salve warned of
wider=false
if grep -q 'Salve act by itself in more places$' "$said/out"; then
  wider=true
  printf '::warning file=%s::A push of it lets Salve act by itself in more places: see the summary\n' \
    "$(escaped "$SALVE_CONFIG" property)"
fi
summary "What a push of Salve's configuration would change" "$said/out"
printf 'changes=%s\nwider=%s\n' "$changes" "$wider" >>"$GITHUB_OUTPUT"
