#!/usr/bin/env bash
# Finds text that stands in the code of a page and not in `locales`, and messages that nobody uses.
# That no language lacks a message is checked by the build itself (crates/messages-build).
set -euo pipefail
cd "$(dirname "$0")/.."
shopt -s globstar

# A literal is text when it begins as a sentence or a label does, or has words and stands alone between tags.
# Names of types, paths of icons and machine's names do not; the product's name is the same in every language.
strays=$(
  for file in src/console/{pages,components,islands,server,client}/**/*.rs src/console/{app,layout,document}.rs; do
    # Names of browsers and systems are the same in every language.
    [ "$file" = src/console/pages/account/browser_name.rs ] && continue
    awk -v file="$file" '
      /#\[cfg\(test\)\]/ { exit }
      /^[[:space:]]*#\[/ { next }
      { line = $0; sub(/^[[:space:]]*\/\/.*/, "", line); gsub(/\\"/, "", line); count = split(line, part, "\"") }
      {
        for (at = 2; at < count; at += 2) {
          text = part[at] ~ /^[[:space:]]*[A-Z][a-z]+/
          alone = part[at - 1] ~ /(^|[>}])[[:space:]]*$/ && part[at - 1] !~ /=>[[:space:]]*$/ && part[at + 1] ~ /^[[:space:]]*(<|\{|$)/
          if (!text && !(alone && part[at] ~ /[a-z][a-z]/)) continue
          if (part[at] ~ /^([a-z]+-[a-z-]+ ?)+$/ || part[at] ~ /^(whsec_|; connect-src|JSON Lines$|TypeScript$|JavaScript |Python$|Rust |Go$|Java$|C#$|Verify[.]|github[.]com|Shell |Esc$|Ctrl[+]|json$|txt$|curl )/) continue
          # An area of the time zone database.
          if (part[at] ~ /^[A-Z][a-z]+\/$/) continue
          if (part[at] == "clearhook" || part[at - 1] ~ /reason = $/ || part[at] ~ /^(Enter|Escape|Arrow[A-Z][a-z]+|Home|End)$/) continue
          # Errors of the HTTP layer are in English, as in the API.
          if ($0 ~ /Problem::/) continue
          printf "%s:%d: %s\n", file, NR, $0
        }
      }' "$file"
  done
)
unused=$(
  for file in locales/en/*.ftl; do
    space=$(basename "$file" .ftl)
    # What rules say and what the catalogue names is used by other means than a call of the function.
    [ "$space" = validation ] || [ "$space" = catalogue ] && continue
    grep -oE '^[a-z][a-z0-9-]* =' "$file" | tr -d ' =' | tr '-' '_' | while read -r key; do
      grep -rqE "(say|$space)::$key\b" src --include=*.rs || echo "$file: ${key//_/-}"
    done
  done
)
if [ -n "$strays" ]; then printf 'lint: text outside of locales:\n%s\n' "$strays" >&2; fi
if [ -n "$unused" ]; then printf 'lint: messages that nobody uses:\n%s\n' "$unused" >&2; fi
[ -z "$strays$unused" ]
