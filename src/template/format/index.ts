export { unifiedDiff } from './diff.ts';
export { type FormatResult, formatJson } from './json.ts';
