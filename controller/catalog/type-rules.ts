import { authRule } from './rules/auth.ts';
import { configSchemaRule } from './rules/config-schema.ts';
import { operationsRule } from './rules/operations.ts';
import { runtimeRule } from './rules/runtime.ts';
import { streamsRule } from './rules/streams.ts';
import { templatesRule } from './rules/templates.ts';
import type { TypeRule } from './type-rule.ts';

/** Every rule, in the order in which findings are told. */
export const TYPE_RULES: readonly TypeRule[] = [configSchemaRule, runtimeRule, authRule, templatesRule, streamsRule, operationsRule];
