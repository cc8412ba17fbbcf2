import { shellWord } from '../../engine/bytes/text/command-hints.js';
import { type CommandShape, kindText, valueKinds, valuedFlags } from './command-shapes.js';

/**
 * A script for bash 4.4 and later: `source <(statelog completion bash)`. It knows commands, flags and their values by
 * itself, and asks the program for keys alone. Keys with control characters are not offered: no shell shows them.
 */
export function bashCompletion(shapes: readonly CommandShape[]): string {
  return `# Completion of statelog for bash: source <(statelog completion bash)

_statelog_keys() {
  local key special='[\\\\"$\`]'
  while IFS= read -r -d '' key; do
    [[ $key == *[[:cntrl:]]* ]] && continue
    # Within a quote that is open a key stands as it is, where it can.
    case $4 in
    \\') [[ $key == *\\'* ]] && continue ;;
    \\") [[ $key == *$special* ]] && continue ;;
    *) printf -v key %q "$key" ;;
    esac
    COMPREPLY+=("$key")
  done < <("$1" scan -0 --prefix "$3" --limit 200 -- "$2" 2>/dev/null)
}

_statelog_words() {
  local word
  for word in $1; do [[ $word == "$2"* ]] && COMPREPLY+=("$word"); done
}

_statelog_files() {
  local name
  compopt -o filenames
  while IFS= read -r name; do COMPREPLY+=("$name"); done < <(compgen -f -- "$1")
}

_statelog() {
  COMPREPLY=()
  local line=\${COMP_LINE:0:COMP_POINT} program=\${1/#\\~/$HOME}
  local -a words=() places=()
  # Without -r, so that a blank behind a backslash does not end a word.
  # shellcheck disable=SC2162
  read -a words <<<"$line"
  [[ $line == *[[:space:]] && $line != *\\\\[[:space:]] ]] && words+=('')
  local last=$((\${#words[@]} - 1))
  local current=\${words[last]#[\\"\\']} previous=\${words[last - 1]}
  local flags='' valued='' kinds='' rest='none' kind='' store='' index position=0
  if ((last == 1)); then
    _statelog_words '${shapes.map(({ name }) => name).join(' ')} help' "$current"
    return
  fi
  case \${words[1]} in
${shapes.map(caseOf).join('\n')}
  help) ((last == 2)) && _statelog_words '${shapes.map(({ name }) => name).join(' ')}' "$current"; return ;;
  *) return ;;
  esac
  read -r -a places <<<"$kinds"
  for ((index = 2; index < last; index++)); do
    if [[ \${words[index]} == -- ]]; then
      continue
    elif [[ " $valued " == *" \${words[index]} "* ]]; then
      ((++index))
    elif [[ \${words[index]} != -* ]]; then
      ((++position == 1)) && store=\${words[index]/#\\~/$HOME}
    fi
  done
  if [[ $current == --*=* ]]; then
    previous=\${current%%=*} current=\${current#*=}
    kind=flag
  elif [[ " $valued " == *" $previous "* ]]; then
    kind=flag
  fi
  if [[ $kind == flag ]]; then
    kind=none
    case "\${words[1]} $previous" in
${shapes
  .flatMap(valueKinds)
  .map(([place, kind]) => `    '${place}') kind='${kind}' ;;`)
  .join('\n')}
    esac
  elif [[ $current == -* ]]; then
    _statelog_words "$flags" "$current"
    return
  else
    kind=\${places[position]:-$rest}
  fi
  case $kind in
  file) _statelog_files "$current" ;;
  key) [[ -n $store ]] && _statelog_keys "$program" "$store" "$current" "\${words[last]:0:1}" ;;
  none) ;;
  *) _statelog_words "\${kind//,/ }" "$current" ;;
  esac
  # What bash takes for the word ends at each of its word breaks, a colon for one.
  local breaks=$COMP_WORDBREAKS head=\${current%"\${current##*[:=]}"}
  if [[ -n $head && ($head == *:* && $breaks == *:* || $head == *=* && $breaks == *=*) ]]; then
    for index in "\${!COMPREPLY[@]}"; do COMPREPLY[index]=\${COMPREPLY[index]#"$head"}; done
  fi
}

complete -F _statelog statelog
`;
}

function caseOf(shape: CommandShape): string {
  const { name, places, rest, flags } = shape;
  return `  ${name})
    flags=${shellWord(flags.map((flag) => flag.name).join(' '))}
    valued=${shellWord(valuedFlags(shape).join(' '))}
    kinds=${shellWord(places.map(kindText).join(' '))} rest=${rest}
    ;;`;
}
