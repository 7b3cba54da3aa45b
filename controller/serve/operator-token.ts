import { randomBytes } from 'node:crypto';
import { readClientFile, writeClientFile } from '../../platform/client-file.ts';
import type { Queryable } from '../store/queryable.ts';
import { findToken, saveToken } from '../store/access/tokens.ts';

/**
 * Makes sure that `client.json` holds a token that the database knows: that of an earlier start, else a new operator's token, which acts
 * for every owner. Returns the path of the file.
 */
export async function ensureOperatorToken(db: Queryable, dataFolder: string, server: string): Promise<string> {
  const known = await readClientFile(dataFolder);
  const valid = known !== undefined && (await findToken(db, known.token)) !== null;
  const token = valid ? known.token : randomBytes(32).toString('base64url');
  if (!valid) await saveToken(db, token, { kind: 'operator', subject: 'local operator', owner: null, projectId: null, namespaces: null });
  return writeClientFile(dataFolder, { server, token });
}
