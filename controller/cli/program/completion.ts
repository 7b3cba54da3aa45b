import type { Command } from 'commander';
import { listConnectors } from '../commands/get.ts';
import type { Face } from './face.ts';

const kinds = ['connectors', 'types', 'sources'];
/** Commands whose first argument is the name of a connector. */
const takesName = new Set(['run', 'cancel', 'runs', 'logs', 'events', 'records', 'pause', 'resume', 'rollback', 'audit']);

const scripts: Readonly<Record<string, string>> = {
  bash: `_connectorctl() { local IFS=$'\\n'; COMPREPLY=($(compgen -W "$(connectorctl __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD-1}" 2>/dev/null)" -- "\${COMP_WORDS[COMP_CWORD]}")); }
complete -F _connectorctl connectorctl
`,
  zsh: `#compdef connectorctl
_connectorctl() { compadd -- \${(f)"$(connectorctl __complete -- \${words[2,CURRENT-1]} 2>/dev/null)"}; }
compdef _connectorctl connectorctl
`,
  fish: `complete -c connectorctl -f -a '(connectorctl __complete -- (commandline -opc)[2..] 2>/dev/null)'
`,
};

/** completion SHELL, and the hidden command that the scripts ask. */
export function addCompletion(program: Command, face: Face): void {
  program
    .command('completion')
    .description('print a completion script: bash, zsh or fish')
    .argument('<shell>')
    .action((shell: string) => {
      const script = scripts[shell];
      if (script === undefined) program.error(`error: no completion for «${shell}»; there is ${Object.keys(scripts).join(', ')}`);
      else face.context().output.data(script);
    });
  program
    .command('__complete', { hidden: true })
    .argument('[words...]')
    .action(async (words: string[]) => face.context().output.data((await candidates(program, words, face)).join('\n')));
}

async function candidates(program: Command, words: readonly string[], face: Face): Promise<readonly string[]> {
  const [verb, kind] = words;
  if (verb === undefined) return namesOf(program);
  const command = program.commands.find((one) => one.name() === verb);
  const below = words.length === 1 && command !== undefined ? kindsOf(command) : [];
  if (below.length > 0) return below;
  if (wantsName(verb, kind, words.length)) return (await listConnectors({}, face.context())).map((item) => item.metadata.name);
  return (command?.options ?? []).map((option) => option.long ?? '').filter((flag) => flag !== '');
}

/** What the first word after a command chooses from. */
function kindsOf(command: Command): readonly string[] {
  if (command.name() === 'get') return kinds;
  return ['describe', 'delete'].includes(command.name()) ? ['connector'] : namesOf(command);
}

function namesOf(command: Command): string[] {
  return command.commands.map((one) => one.name()).filter((name) => !name.startsWith('__'));
}

function wantsName(verb: string, kind: string | undefined, count: number): boolean {
  return (count === 1 && takesName.has(verb)) || (count === 2 && kind !== undefined && kind.startsWith('con'));
}
