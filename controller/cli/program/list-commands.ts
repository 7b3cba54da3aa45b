import type { Command } from 'commander';
import { confirmRemoval, releaseSource } from '../commands/lifecycle.ts';
import { listAudit, listTypes } from '../commands/lists.ts';
import type { OutputForm } from '../print-items.ts';
import { type Face, limitOption, outputOption } from './face.ts';

/** types, audit, source. */
export function addListCommands(program: Command, face: Face): void {
  program
    .command('types')
    .description('list the catalog')
    .argument('[key]', 'only this type')
    .addOption(outputOption('json', 'yaml', 'name'))
    .action((key: string | undefined, options: { output?: OutputForm }) => listTypes(key, options, face.context()));
  program
    .command('audit')
    .description('list who did what, newest first')
    .argument('[name]', 'only this connector')
    .addOption(limitOption())
    .addOption(outputOption('json', 'yaml', 'name'))
    .action((name: string | undefined, options: { output?: OutputForm; limit?: number }) => listAudit(name, options, face.context()));
  const source = program.command('source').description('let the documents of a source go, or confirm their removal');
  source
    .command('release')
    .description('let the documents of a source go, so that another door may take them over')
    .argument('<source>')
    .action((name: string) => releaseSource(name, face.context()));
  source
    .command('confirm')
    .description('carry out a mass removal that waits for confirmation')
    .argument('<source>')
    .action((name: string) => confirmRemoval(name, face.context()));
}
