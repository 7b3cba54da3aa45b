import { chmod, chown } from 'node:fs/promises';
import type { ServerUser } from './server-user.ts';

/** Gives a folder or file to the server's user, for it alone. */
export async function changeOwner(path: string, user: ServerUser, mode = 0o700): Promise<void> {
  if (user.dropped) await chown(path, user.uid, user.gid);
  await chmod(path, mode);
}
