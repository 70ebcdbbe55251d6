import { KilnError } from '../sdk/errors.ts';
import { LEDGER_VERSION, type LedgerRecord } from './ledger.ts';

type Shape = Readonly<Record<string, 'string' | 'number' | 'object'>>;

/** What a line must hold for its event to be understood. */
const SHAPES: Readonly<Record<LedgerRecord['event'], Shape>> = {
  run: { v: 'number', at: 'string', runId: 'string', template: 'string', cwd: 'string', process: 'object' },
  intent: { at: 'string', n: 'number', build: 'string', ref: 'object' },
  created: { at: 'string', n: 'number', id: 'string' },
  'not-created': { at: 'string', n: 'number' },
  undone: { at: 'string', n: 'number' },
  kept: { at: 'string', n: 'number' },
  'undo-failed': { at: 'string', n: 'number', message: 'string' },
  note: { at: 'string', build: 'string', text: 'string' },
  end: { at: 'string', outcome: 'string' },
};

/**
 * The lines of a ledger; of one that a newer kiln wrote, the first only. A torn line is left out. Throws a KilnError when
 * a line is damaged.
 */
export function ledgerRecords(text: string, path: string): LedgerRecord[] {
  const records: LedgerRecord[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (line === '') continue;
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch (error) {
      if (isTorn(line)) continue;
      throw damagedLedger(path, index + 1, error);
    }
    if (!isRecord(value)) throw damagedLedger(path, index + 1);
    records.push(value);
    if (value.event === 'run' && value.v > LEDGER_VERSION) break;
  }
  return records;
}

/** A write cut off by a kill or a full disk leaves the beginning of a record; anything else is damage. */
function isTorn(line: string): boolean {
  const start = '{"event":"';
  return line.startsWith(start) || start.startsWith(line);
}

function isRecord(value: unknown): value is LedgerRecord {
  if (!isObject(value)) return false;
  const { event } = value;
  if (typeof event !== 'string' || !Object.hasOwn(SHAPES, event)) return false;
  const shape = SHAPES[event as LedgerRecord['event']];
  // Such a line of a newer kiln may hold something else.
  if (event === 'run' && typeof value['v'] === 'number' && value['v'] > LEDGER_VERSION) return true;
  if (!Object.entries(shape).every(([name, type]) => value[name] !== null && typeof value[name] === type)) return false;
  if (event !== 'intent') return true;
  const ref = value['ref'] as Record<string, unknown>;
  return typeof ref['kind'] === 'string' && isObject(ref['account']) && typeof ref['account']['region'] === 'string';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** The error that names a line of a ledger which cannot be understood. */
export function damagedLedger(path: string, line: number, cause?: unknown): KilnError {
  return new KilnError(`the ledger "${path}" is damaged at line ${line}`, {
    cause,
    hint: 'what its run made can still be found by its tags: kiln gc -by-tag -region REGION',
  });
}
