import { chooseFolder } from './database-server.ts';

export default chooseFolder;
