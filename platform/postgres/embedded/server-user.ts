import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Fault } from '../../errors.ts';

/** The user that the server runs as. PostgreSQL refuses root, so root hands it to an unprivileged uid. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
  /** True when the server runs as somebody else than this process. */
  readonly dropped: boolean;
}

/** uid and gid of the server when this process is root. Connectors run under others, so that they never meet. */
const UNPRIVILEGED_ID = 65534;

/** Whom the server runs as here. */
export function serverUser(): ServerUser {
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  return uid === 0 ? { uid: UNPRIVILEGED_ID, gid: UNPRIVILEGED_ID, dropped: true } : { uid, gid, dropped: false };
}

/** Refuses a data folder that the server's user cannot reach, naming the folder on the way that is closed. */
export async function requireReachable(folder: string, user: ServerUser): Promise<void> {
  if (!user.dropped) return;
  const closed = await closedFolder(folder, user);
  if (closed === undefined) return;
  throw new Fault({
    reason: 'DatabaseFolderUnreachable',
    message: `PostgreSQL runs as uid ${user.uid} because this process is root, and that user cannot enter ${closed}, on the way to its data folder ${folder}`,
    hint: `choose a data folder outside ${closed} (--data), open it with chmod o+x, or start as another user than root`,
    disposition: { kind: 'stall' },
    details: { folder, closed, uid: user.uid },
  });
}

/** The topmost folder on the way (itself included) that the user may not enter by its mode. Access lists beyond modes are not looked at. */
async function closedFolder(folder: string, user: ServerUser): Promise<string | undefined> {
  const parent = dirname(folder);
  const above = parent === folder ? undefined : await closedFolder(parent, user);
  if (above !== undefined) return above;
  const { mode, uid, gid } = await stat(folder);
  const enter = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
  return (mode & enter) === 0 ? folder : undefined;
}
