import { describe, expect, test } from '@jest/globals';
import { fillTemplate, templateReferences } from '../../../../schemas/fields/template.ts';

describe('the endpoint of a URL in config', () => {
  test.each([
    ['https://api.example.com/v1?a=b', 'api.example.com:443'],
    ['http://127.0.0.1:8080/items', '127.0.0.1:8080'],
    ['http://[::1]/', '[::1]:80'],
    ['git://example.com/a.git', 'example.com:9418'],
  ])('%s is %s', (url, endpoint) => {
    expect(fillTemplate('${config.url|endpoint}', { url })).toBe(endpoint);
  });

  test.each(['.', '/srv/repository.git', 'file:///srv/repository.git', 'ssh://example.com/a.git', 7])(
    '%s has none, so the rule falls away',
    (url) => {
      expect(fillTemplate('${config.url|endpoint}', { url })).toBeUndefined();
    },
  );

  test('it still names its field, and nothing but endpoint may follow', () => {
    expect(templateReferences('${config.a.b|endpoint}')[0]?.configPath).toEqual(['a', 'b']);
    expect(templateReferences('${config.a|upper}')[0]?.configPath).toBeUndefined();
  });
});
