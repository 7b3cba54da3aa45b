import { type Command, Argument } from 'commander';
import { describeConnector } from '../commands/describe.ts';
import { deleteConnector } from '../commands/documents.ts';
import { type GetOptions, getConnectors } from '../commands/get.ts';
import { rollback, setPaused } from '../commands/lifecycle.ts';
import { listSources, listTypes } from '../commands/lists.ts';
import { CommandFailure } from '../failure.ts';
import { type Face, outputOption } from './face.ts';

const kindArgument = (): Argument => new Argument('<kind>', 'connector').choices(['connector', 'connectors', 'con']);

/** get, describe, delete, pause, resume, rollback. */
export function addConnectorCommands(program: Command, face: Face): void {
  program
    .command('get')
    .description('list connectors, types or sources')
    .addArgument(new Argument('<kind>', 'what to list').choices(['connectors', 'connector', 'con', 'types', 'type', 'sources', 'source']))
    .argument('[name]', 'only this one')
    .addOption(outputOption('wide', 'json', 'yaml', 'name'))
    .option('-A, --all-namespaces', 'of every namespace that the token may see')
    .option('--type <key>', 'only connectors of this type')
    .option('-l, --selector <labels>', 'only with these labels, such as team=mail,tier!=test')
    .option('-w, --watch', 'go on with changes as they come')
    .action((kind: string, name: string | undefined, options: GetOptions) => get(kind, name, options, face));
  program
    .command('describe')
    .description('say what is wrong with a connector and what to do about it')
    .addArgument(kindArgument())
    .argument('<name>')
    .action((_kind: string, name: string) => describeConnector(name, face.context()));
  program
    .command('delete')
    .description('remove an uploaded connector by its deletion policy')
    .addArgument(kindArgument())
    .argument('<names...>')
    .action(async (_kind: string, names: string[]) => {
      for (const name of names) await deleteConnector(name, face.context());
    });
  for (const verb of ['pause', 'resume'] as const) {
    const words = verb === 'pause' ? 'stop the schedule of a connector; a running run goes on' : 'let the schedule of a connector go on';
    program
      .command(verb)
      .description(words)
      .argument('<name>')
      .action((name: string) => setPaused(name, verb, face.context()));
  }
  program
    .command('rollback')
    .description('put an accepted revision back in force (see describe for the revisions)')
    .argument('<name>')
    .requiredOption('--to <revision>', 'revision, or the beginning of one')
    .action((name: string, options: { to: string }) => rollback(name, options.to, face.context()));
}

function get(kind: string, name: string | undefined, options: GetOptions, face: Face): Promise<void> {
  if (kind.startsWith('type')) return listTypes(name, options, face.context());
  if (kind.startsWith('source')) {
    if (name !== undefined) throw new CommandFailure('get sources takes no name', 2);
    return listSources(options, face.context());
  }
  return getConnectors(name, options, face.context());
}
