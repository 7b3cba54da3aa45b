import { ConnectorFailure } from '../sdk/failure.ts';
import type { Session } from '../sdk/session.ts';

/** How the next page is found. */
export type Paging =
  | { readonly type: 'none' }
  | { readonly type: 'link' }
  | { readonly type: 'page'; readonly parameter: string; readonly first?: number; readonly size?: number }
  | { readonly type: 'cursor'; readonly parameter: string; readonly path: string };

/** The config with its defaults filled in, and the token. */
export interface Settings {
  readonly url: string;
  readonly query: Readonly<Record<string, string>>;
  readonly recordsPath: string;
  readonly keyField: string;
  readonly cursorField: string | undefined;
  readonly cursorParameter: string | undefined;
  readonly paging: Paging;
  readonly maxPages: number;
  readonly timeoutMs: number;
  readonly token: string | undefined;
}

/** Reads the validated config of a run. Throws `token_over_http` rather than send a token in the clear. */
export function readSettings({ environment }: Session): Settings {
  const config = environment.config as unknown as Partial<Settings> & { url: string; keyField: string; timeoutSeconds?: number };
  const token = environment.secret('HTTP_JSON_TOKEN');
  if (token !== undefined) refuseInTheClear(new URL(config.url));
  return {
    query: {},
    recordsPath: '',
    cursorField: undefined,
    cursorParameter: undefined,
    paging: { type: 'none' },
    maxPages: 10_000,
    ...config,
    timeoutMs: (config.timeoutSeconds ?? 30) * 1000,
    token,
  };
}

function refuseInTheClear({ protocol, hostname }: URL): void {
  const isThisMachine = hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d+){3}$/.test(hostname);
  if (protocol === 'https:' || isThisMachine) return;
  const message = `A token is not sent to ${hostname} over http, where anyone on the way could read it; use an https URL`;
  throw new ConnectorFailure({ code: 'token_over_http', message, recoveryHint: 'manual_action_required' });
}
