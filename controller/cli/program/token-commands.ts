import { type Command, InvalidArgumentError, Option } from 'commander';
import { createToken, listTokens, revokeToken, type TokenOptions } from '../commands/tokens.ts';
import type { OutputForm } from '../print-items.ts';
import { type Face, outputOption, wholeNumber } from './face.ts';

const kinds = ['operator', 'owner_session', 'owner_agent', 'client', 'device'];

/** token create, list, revoke. */
export function addTokenCommands(program: Command, face: Face): void {
  const token = program.command('token').description('tokens of the API: create, list, revoke (operators only)');
  token
    .command('create')
    .description('issue a token and print it; it is shown this once')
    .argument('<subject>', 'who will use it, for audit rows')
    .addOption(new Option('--kind <kind>', 'kind of subject').choices(kinds).makeOptionMandatory())
    .addOption(new Option('--owner <owner>', 'user/UUID or group/UUID; needed unless the kind is operator').argParser(ownerOf))
    .option('--project <id>', 'only connectors of this project')
    .option('--namespaces <name...>', 'only these namespaces')
    .addOption(new Option('--ttl <seconds>', 'valid for this long; until revoked if left out').argParser(wholeNumber))
    .addOption(outputOption('json'))
    .action((subject: string, options: TokenOptions) => createToken(subject, options, face.context()));
  token
    .command('list')
    .description('list tokens, without the tokens themselves')
    .addOption(outputOption('json', 'yaml', 'name'))
    .action((options: { output?: OutputForm }) => listTokens(options, face.context()));
  token
    .command('revoke')
    .description('revoke a token at once')
    .argument('<id>', 'id of the token, as token list shows it')
    .action((id: string) => revokeToken(id, face.context()));
}

function ownerOf(text: string): { type: string; id: string } {
  const [type = '', id = '', ...more] = text.split('/');
  if (!['user', 'group'].includes(type) || id === '' || more.length > 0)
    throw new InvalidArgumentError('user/UUID or group/UUID is needed.');
  return { type, id };
}
