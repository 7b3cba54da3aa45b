import { runConnector } from '../sdk/connector.ts';
import { collectCommits } from './commits.ts';
import { openRepository } from './repository.ts';
import { collectTags } from './tags.ts';

await runConnector(
  async (session) => {
    const repository = await openRepository(session);
    if (session.wants('commits')) await collectCommits(session, repository);
    if (session.wants('tags')) await collectTags(session, repository);
  },
  { requires: ['filesystem'] },
);
