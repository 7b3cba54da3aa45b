import { describe, expect, it } from '@jest/globals';
import { apiErrors } from '../../../controller/apis/errors.ts';
import { FINDING_REASONS } from '../../../controller/apis/finding-reasons.ts';
import { conditionReasons } from '../../../controller/apis/status/condition-reasons.ts';
import { skipReasons, terminalReasons } from '../../../schemas/terminal-reasons.ts';
import { generated } from '../../../scripts/generators/reasons.ts';

describe('docs/reasons.md', () => {
  it('has a part for each reason of every table', async () => {
    const text = (await generated[0]?.make()) ?? '';
    for (const table of [apiErrors, FINDING_REASONS, conditionReasons, terminalReasons, skipReasons]) {
      for (const word of Object.keys(table)) expect(text).toContain(`\n### ${word}\n`);
    }
    expect(text).not.toContain('undefined');
  });
});
