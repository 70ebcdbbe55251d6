import type { Io } from '../io.ts';
import type { ParsedArgs } from '../parse-args.ts';
import { COMMANDS } from './index.ts';

/** Prints a bash completion script (zsh reads it after `autoload bashcompinit && bashcompinit`). */
export async function run(_args: ParsedArgs, io: Io): Promise<number> {
  const commands = Object.keys(COMMANDS).join(' ');
  const flags = Object.entries(COMMANDS)
    .map(
      ([name, command]) =>
        `    ${name}) words="${command.flags
          .filter(flag => !flag.hidden)
          .map(flag => `-${flag.name}`)
          .join(' ')}" ;;`,
    )
    .join('\n');
  io.out(`# kiln completion; to load it: eval "$(kiln completion)"
_kiln() {
  local current="\${COMP_WORDS[COMP_CWORD]}" words=""
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W "${commands}" -- "$current"))
    return
  fi
  case "\${COMP_WORDS[1]}" in
${flags}
  esac
  if [[ "$current" == -* ]]; then COMPREPLY=($(compgen -W "$words" -- "$current")); else COMPREPLY=($(compgen -f -- "$current")); fi
}
complete -o filenames -F _kiln kiln
`);
  return 0;
}
