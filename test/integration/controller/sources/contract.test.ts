import { describe } from '@jest/globals';
import { printYaml } from '../../../../schemas/print-yaml.ts';
import type { ReadConnector } from '../../../../controller/apis/gateway-ports.ts';
import { doorContract } from '../../../contract/door.ts';
import { operator, specOf, testFolder } from '../../../gen/doors.ts';

describe('folder door', () => {
  doorContract(async (installed) => {
    const folder = await testFolder(installed);
    return {
      source: folder.name,
      refuses: false,
      async apply(...documents) {
        for (const document of documents) folder.write(`${document.metadata.name}.yaml`, printYaml(document));
        await folder.list();
      },
      async remove(name) {
        folder.remove(`${name}.yaml`);
        await folder.list();
      },
    };
  });
});

describe('upload door', () => {
  doorContract(async ({ db, desired: { door } }) => {
    const apply = async (text: string, more: { resourceVersion?: string } = {}): Promise<void> => {
      await door.apply({ text, file: 'upload.yaml', namespace: 'default', subject: operator, requestId: 'r', ...more });
    };
    return {
      source: 'upload',
      refuses: true,
      apply: (...documents) => apply(documents.map(printYaml).join('---\n')),
      async remove(name) {
        const row = await specOf(db, name);
        const target = { view: { metadata: { name, namespace: 'default' } }, instanceId: row?.['instance_id'] } as unknown as ReadConnector;
        await door.remove(target, operator, 'r');
      },
      applyAt: (document, resourceVersion) => apply(printYaml({ ...document, metadata: { ...document.metadata, resourceVersion } })),
    };
  });
});
