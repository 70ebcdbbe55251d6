export { localScriptSchema as schema } from '../../src/sdk/scripts/local-options.ts';
