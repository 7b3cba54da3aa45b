import type { Command } from 'commander';
import { applyDocuments, diffDocuments } from '../commands/documents.ts';
import { CommandFailure } from '../failure.ts';
import { type OfflineValidation, validateFiles } from '../commands/validate.ts';
import { type Face, filesOption, outputOption } from './face.ts';

/** apply, diff, validate. */
export function addDocumentCommands(program: Command, face: Face, validate: OfflineValidation): void {
  program
    .command('apply')
    .description('submit documents as desired state')
    .addOption(filesOption())
    .option('--dry-run', 'the verdict and the outcome, with nothing stored')
    .addOption(outputOption('json'))
    .action((options: { filename: string[]; dryRun?: boolean; output?: string }) =>
      applyDocuments(options.filename, options, face.context()),
    );
  program
    .command('diff')
    .description('show what apply would change; exit code 0 without, 1 with differences, above 1 on an error')
    .addOption(filesOption())
    .addOption(outputOption('json'))
    .action(async (options: { filename: string[]; output?: string }) => {
      const differs = await aboveOne(diffDocuments(options.filename, options, face.context()));
      face.exit(differs ? 1 : 0);
    });
  program
    .command('validate')
    .description('check documents without a server; exit code 1 when one is refused')
    .addOption(filesOption())
    .option('--types <folder...>', 'folder of ConnectorType documents; else CONNECTOR_TYPES')
    .addOption(outputOption('json'))
    .action(async (options: { filename: string[]; types?: string[]; output?: string }) => {
      face.exit((await validateFiles(options.filename, options, face.context(), validate)) ? 0 : 1);
    });
}

/** Exit code 1 of `diff` means «different», so an error must be above it. */
async function aboveOne<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof CommandFailure) throw new CommandFailure(error.message, 2);
    throw error;
  }
}
