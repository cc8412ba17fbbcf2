import { type CommandShape, type FlagShape, kindText, valuedFlags } from './command-shapes.js';

/**
 * A script for fish 3: `statelog completion fish | source`, or the file `statelog.fish` in `~/.config/fish/completions`. It
 * knows what the one for bash knows, with the summaries beside it.
 */
export function fishCompletion(shapes: readonly CommandShape[]): string {
  return `# Completion of statelog for fish: statelog completion fish | source

function __statelog_arguments
    set -l tokens (commandline -opc)
    set -l valued
    switch "$tokens[2]"
${shapes.map(valuedCase).join('\n')}
    end
    set -l isValue 0
    for token in $tokens[3..]
        if test $isValue = 1
            set isValue 0
        else if contains -- $token $valued
            set isValue 1
        else if not string match -q -- '-*' $token
            printf '%s\\n' $token
        end
    end
    return $isValue
end

function __statelog_place
    set -l tokens (commandline -opc)
    set -l arguments (__statelog_arguments); or return 1
    set -l places
    set -l rest none
    switch "$tokens[2]"
${shapes.map(placesCase).join('\n')}
    end
    set -l kind $places[(math (count $arguments) + 1)]
    test -n "$kind"; or set kind $rest
    echo $kind
end

function __statelog_is
    set -l kind (__statelog_place); or return 1
    test "$kind" = $argv[1]
end

function __statelog_has_words
    set -l kind (__statelog_place); or return 1
    not contains -- "$kind" file key none ''
end

function __statelog_words
    string split , -- (__statelog_place)
end

function __statelog_keys
    set -l tokens (commandline -opc)
    set -l arguments (__statelog_arguments)
    test -n "$arguments[1]"; or return
    set -l prefix (commandline -ct | string unescape | string replace -r '^--[^=]*=' '')
    $tokens[1] scan -0 --prefix "$prefix" --limit 200 -- $arguments[1] 2>/dev/null | string split0 | string match -rv '[[:cntrl:]]'
end

function __statelog_command
    set -l tokens (commandline -opc)
    test "$tokens[2]" = $argv[1]
end

complete -c statelog -e
complete -c statelog -f
complete -c statelog -n __statelog_has_words -a '(__statelog_words)'
complete -c statelog -n '__statelog_is key' -a '(__statelog_keys)'
complete -c statelog -n '__statelog_is file' -F
${shapes.map(commandLine).join('\n')}
complete -c statelog -n 'test (count (commandline -opc)) -eq 1' -a help -d 'how a command is called'
complete -c statelog -n '__statelog_command help' -a '${shapes.map(({ name }) => name).join(' ')}'
${shapes.flatMap(flagLines).join('\n')}
`;
}

function valuedCase(shape: CommandShape): string {
  return `        case ${shape.name}
            set valued ${valuedFlags(shape).join(' ')}`;
}

function placesCase({ name, places, rest }: CommandShape): string {
  return `        case ${name}
            set places ${places.map(kindText).join(' ')}
            set rest ${rest}`;
}

function commandLine({ name, summary }: CommandShape): string {
  return `complete -c statelog -n 'test (count (commandline -opc)) -eq 1' -a ${name} -d ${quoted(summary)}`;
}

function flagLines({ name, flags }: CommandShape): string[] {
  return flags.map(
    ({ name: flag, summary, value }) =>
      `complete -c statelog -n '__statelog_command ${name}' -l ${flag.slice(2)} -d ${quoted(summary)}${valueOf(value)}`,
  );
}

function valueOf(value: FlagShape['value']): string {
  if (value === undefined) return '';
  if (value === 'file') return ' -r -F';
  if (value === 'none') return ' -x';
  return value === 'key' ? " -x -a '(__statelog_keys)'" : ` -x -a ${quoted(value.join(' '))}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
