import { Command, CommanderError, Option } from 'commander';
import { commandContext, type CommandContext, type GlobalOptions, type Surroundings } from './context.ts';
import { addConnectorCommands } from './program/connector-commands.ts';
import { addDocumentCommands } from './program/document-commands.ts';
import { addListCommands } from './program/list-commands.ts';
import { addRunCommands } from './program/run-commands.ts';
import { addTokenCommands } from './program/token-commands.ts';
import { addCompletion } from './program/completion.ts';
import { CommandFailure } from './failure.ts';
import type { OfflineValidation } from './commands/validate.ts';

/** What the command line needs from outside. */
export interface CliParts extends Surroundings {
  readonly version: string;
  readonly validate: OfflineValidation;
}

/** A fault of the program itself; also above the 1 of `diff`. */
const FAULT = 3;

/** Runs `connectorctl` and returns its exit code: 0 good, 1 no or different, 2 wrong usage or unreachable, 3 a fault of its own. */
export async function runCli(args: readonly string[], parts: CliParts): Promise<number> {
  let code = 0;
  const program = buildProgram(parts, (exit) => {
    code = exit;
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    parts.output.message(`connectorctl: ${error instanceof Error ? error.message : String(error)}`);
    return error instanceof CommandFailure ? error.exitCode : FAULT;
  }
}

function buildProgram(parts: CliParts, exit: (code: number) => void): Command {
  const program = new Command('connectorctl')
    .description('Connectors: documents, runs and records of a connector-controller')
    .version(parts.version)
    .addOption(new Option('--server <url>', 'API to speak with; else CONNECTOR_SERVER, else that of client.json'))
    .addOption(new Option('--token <token>', 'bearer token; else CONNECTOR_TOKEN (which no process list shows), else that of client.json'))
    .addOption(new Option('--data <folder>', 'data folder with client.json; else CONNECTOR_DATA, else the default one'))
    .addOption(new Option('-n, --namespace <name>', 'namespace of the connectors').default('default'))
    .showHelpAfterError('(see connectorctl --help)')
    .exitOverride()
    .configureOutput({ writeOut: (text) => parts.output.data(text), writeErr: (text) => parts.output.message(text.trimEnd()) });
  const context = (): CommandContext => commandContext(program.opts<GlobalOptions>(), parts);
  const face = { context, exit };
  addConnectorCommands(program, face);
  addDocumentCommands(program, face, parts.validate);
  addRunCommands(program, face);
  addListCommands(program, face);
  addTokenCommands(program, face);
  addCompletion(program, face);
  return program;
}
