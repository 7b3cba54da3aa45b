import { removeFolder } from './database-server.ts';

export default removeFolder;
