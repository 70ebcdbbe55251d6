export { type FixResult, fixerNames, fixerOfKey, fixTemplate } from './fix.ts';
export type { JsonObject, JsonValue } from './json.ts';
export { fixedText, renderFixed } from './print.ts';
