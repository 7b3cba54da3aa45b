import { runConnector } from '../sdk/connector.ts';
import { collectItems } from './collect.ts';
import { readSettings } from './settings.ts';

await runConnector((session) => collectItems(session, readSettings(session)), { requires: ['network'] });
