import { type CommandShape, kindText, valueKinds, valuedFlags } from './command-shapes.js';

/**
 * A script for zsh: `source <(statelog completion zsh)` after `compinit`, or the file `_statelog` in a folder of `$fpath`.
 * It knows what the one for bash knows, with the summaries beside it.
 */
export function zshCompletion(shapes: readonly CommandShape[]): string {
  return `#compdef statelog
# Completion of statelog for zsh: source <(statelog completion zsh), or a file _statelog in $fpath

_statelog_keys() {
  local -a keys
  keys=("\${(@0)$("$1" scan -0 --prefix "$3" --limit 200 -- "$2" 2>/dev/null)}")
  keys=("\${(@)keys:#*[[:cntrl:]]*}")
  compadd -- "\${(@)keys:#}"
}

_statelog() {
  local program=\${\${(Q)words[1]}/#\\~\\//$HOME/} command=\${(Q)words[2]} previous=\${(Q)words[CURRENT-1]}
  local kind=none rest=none store='' index position=0
  local -a commands flags valued places
  if (( CURRENT == 2 )); then
    commands=(
${shapes.map(({ name, summary }) => `      ${described(name, summary)}`).join('\n')}
      'help:how a command is called'
    )
    _describe -t commands command commands
    return
  fi
  case $command in
${shapes.map(caseOf).join('\n')}
  help) (( CURRENT == 3 )) && compadd -- ${shapes.map(({ name }) => name).join(' ')}; return ;;
  *) return 1 ;;
  esac
  for (( index = 3; index < CURRENT; index++ )); do
    if [[ $words[index] == -- ]]; then
      continue
    elif (( \${valued[(Ie)$words[index]]} )); then
      (( ++index ))
    elif [[ $words[index] != -* ]]; then
      (( ++position == 1 )) && store=\${\${(Q)words[index]}/#\\~\\//$HOME/}
    fi
  done
  if [[ $PREFIX == --*=* ]]; then
    previous=\${PREFIX%%=*}
    compset -P 1 '*='
    kind=flag
  elif (( \${valued[(Ie)$previous]} )); then
    kind=flag
  fi
  if [[ $kind == flag ]]; then
    kind=none
    case "$command $previous" in
${shapes
  .flatMap(valueKinds)
  .map(([place, kind]) => `    '${place}') kind=${kind} ;;`)
  .join('\n')}
    esac
  elif [[ $PREFIX == -* ]]; then
    _describe -t flags flag flags
    return
  else
    kind=\${places[position+1]:-$rest}
  fi
  case $kind in
  file) _files ;;
  key) [[ -n $store ]] && _statelog_keys "$program" "$store" "\${(Q)PREFIX}" ;;
  none) _message 'a value' ;;
  *) compadd -- \${(s:,:)kind} ;;
  esac
}

if [[ $funcstack[1] == _statelog ]]; then
  _statelog "$@"
else
  compdef _statelog statelog
fi
`;
}

function caseOf(shape: CommandShape): string {
  const { name, places, rest, flags } = shape;
  return `  ${name})
    flags=(
${flags.map((flag) => `      ${described(flag.name, flag.summary)}`).join('\n')}
    )
    valued=(${valuedFlags(shape).join(' ')})
    places=(${places.map(kindText).join(' ')}) rest=${rest}
    ;;`;
}

/** An entry of `_describe`. */
function described(name: string, summary: string): string {
  return `'${[name, summary]
    .map((text) => text.replaceAll('\\', '\\\\').replaceAll(':', '\\:'))
    .join(':')
    .replaceAll("'", `'\\''`)}'`;
}
