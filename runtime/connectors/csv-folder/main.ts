import { runConnector } from '../sdk/connector.ts';
import { collectFolder } from './collect.ts';
import { readSettings } from './settings.ts';

await runConnector((session) => collectFolder(session, readSettings(session)), { requires: ['filesystem'] });
