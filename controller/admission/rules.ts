import { configRule } from './rules/config.ts';
import { credentialFieldsRule, credentialModeRule, credentialProviderRule } from './rules/credentials.ts';
import { egressRule } from './rules/egress.ts';
import { executionRule, rolloutRule } from './rules/execution.ts';
import { immutableRule, namespaceRule, ownerRule } from './rules/ownership.ts';
import { actionsRule, operationsRule, policyTemplateRule } from './rules/policy.ts';
import { scheduleFloorRule, scheduleRule } from './rules/schedule.ts';
import { streamsRule, subscriptionsRule } from './rules/streams.ts';
import { typeRule } from './rules/type.ts';
import type { Rule } from './subject.ts';

/** Every rule, in the order in which findings are told. A new rule is one line here. */
export const RULES: readonly Rule[] = [
  typeRule,
  configRule,
  streamsRule,
  subscriptionsRule,
  operationsRule,
  actionsRule,
  policyTemplateRule,
  namespaceRule,
  ownerRule,
  immutableRule,
  scheduleRule,
  scheduleFloorRule,
  egressRule,
  credentialModeRule,
  credentialFieldsRule,
  credentialProviderRule,
  executionRule,
  rolloutRule,
];
