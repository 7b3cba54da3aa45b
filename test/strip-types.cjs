// Jest transform: blanks out type annotations, so lines and columns stay those of the source and no source map is needed.
// A `sourceUrl` must not be passed: V8 coverage would then read 0 %.
const { createHash } = require('node:crypto');
const { stripTypeScriptTypes } = require('node:module');

module.exports = {
  process: (source) => ({ code: stripTypeScriptTypes(source, { mode: 'strip' }) }),
  getCacheKey: (source, file, options) =>
    createHash('sha256').update([process.version, file, options.configString, source].join('\0')).digest('hex'),
};
