import { type Diagnostic, errorAt } from '../../sdk/diagnostics.ts';
import { type ConfigNode, describeKind, type MemberNode, type ObjectNode, toPlain } from '../../sdk/node.ts';
import { didYouMean } from '../../sdk/suggest.ts';
import { FAULT_FIELDS, type Fault, type FaultPlan, type Field, PLAN_FIELDS } from './plan.ts';

export interface FaultPlanResult {
  /** Absent when there are diagnostics. */
  readonly plan?: FaultPlan;
  readonly diagnostics: readonly Diagnostic[];
}

/** Checks a fault plan and says everything that is wrong with it, each at its place. */
export function readFaultPlan(root: ConfigNode): FaultPlanResult {
  const reader = new Reader();
  reader.plan(root);
  const { diagnostics } = reader;
  return diagnostics.length > 0 ? { diagnostics } : { plan: toPlain(root) as FaultPlan, diagnostics };
}

class Reader {
  readonly diagnostics: Diagnostic[] = [];

  plan(root: ConfigNode): void {
    if (root.kind !== 'object') {
      this.bad(root, `a fault plan must be an object, not ${describeKind(root)}`, 'write {"faults": [...]}');
      return;
    }
    const faults = root.members.find(({ key }) => key === 'faults');
    this.fields(root, PLAN_FIELDS, ['faults', '$schema'], 'a fault plan');
    if (!faults) this.bad(root, 'the fault plan lacks "faults"', 'write {"faults": [...]}');
    else if (faults.value.kind !== 'array')
      this.bad(faults.value, `"faults" must be a list, not ${describeKind(faults.value)}`);
    else for (const item of faults.value.items) this.fault(item);
  }

  private fault(node: ConfigNode): void {
    const kinds = Object.keys(FAULT_FIELDS);
    const all = `the kinds are ${kinds.join(', ')}`;
    if (node.kind !== 'object') {
      this.bad(node, `a fault must be an object, not ${describeKind(node)}`);
      return;
    }
    const kind = node.members.find(({ key }) => key === 'kind')?.value;
    if (kind?.kind !== 'string') {
      this.bad(
        kind ?? node,
        kind ? `"kind" must be a string, not ${describeKind(kind)}` : 'the fault lacks "kind"',
        all,
      );
      return;
    }
    const table = Object.hasOwn(FAULT_FIELDS, kind.value) ? FAULT_FIELDS[kind.value as Fault['kind']] : undefined;
    if (table) this.fields(node, table, ['kind'], `a fault of kind "${kind.value}"`);
    else this.bad(kind, `unknown kind of fault "${kind.value}"`, didYouMean(kind.value, kinds).hint ?? all);
  }

  private fields(
    node: ObjectNode,
    table: Readonly<Record<string, Field>>,
    others: readonly string[],
    owner: string,
  ): void {
    for (const member of node.members) {
      const field = Object.hasOwn(table, member.key) ? table[member.key] : undefined;
      if (field) this.field(member, field);
      else if (!others.includes(member.key)) this.unknown(member, [...Object.keys(table), ...others], owner);
    }
    for (const [name, field] of Object.entries(table))
      if (field.required && !node.members.some(({ key }) => key === name))
        this.bad(node, `${owner} needs "${name}"`, asHint(field.note));
  }

  private unknown({ key, keySpan }: MemberNode, names: readonly string[], owner: string): void {
    const hint = didYouMean(key, names).hint ?? `${owner} knows ${names.join(', ')}`;
    this.diagnostics.push(errorAt(keySpan, 'bad-fault-plan', `unknown field "${key}"`, { hint }));
  }

  private field({ key, value }: MemberNode, field: Field): void {
    const wrong = wrongPart(value, field);
    if (wrong) this.bad(wrong.at, `"${key}" ${wrong.message}`, wrong.hint ?? asHint(field.note));
  }

  private bad({ span }: ConfigNode, message: string, hint?: string): void {
    this.diagnostics.push(errorAt(span, 'bad-fault-plan', message, hint === undefined ? {} : { hint }));
  }
}

/** A note of a field as hints are written: no capital for its first word (unless it is all capitals), no period. */
function asHint(note: string): string {
  return note.replace(/^[A-Z](?=[a-z])/, letter => letter.toLowerCase()).replace(/\.$/, '');
}

interface Wrong {
  readonly at: ConfigNode;
  readonly message: string;
  readonly hint?: string | undefined;
}

function wrongPart(node: ConfigNode, field: Field): Wrong | undefined {
  const mustBe = (what: string, at = node): Wrong => ({ at, message: `must be ${what}, not ${describeKind(at)}` });
  switch (field.type) {
    case 'string':
      return node.kind === 'string' ? notAllowed(node, node.value, field) : mustBe('a string');
    case 'boolean':
      return node.kind === 'boolean' ? undefined : mustBe('true or false');
    case 'number':
    case 'integer':
      return node.kind === 'number' ? wrongNumber(node, node.value, field) : mustBe('a number');
    case 'strings': {
      if (node.kind !== 'array') return mustBe('a list of strings');
      if (node.items.length === 0) return { at: node, message: 'must not be empty' };
      const wrong = node.items.map(item =>
        item.kind === 'string' ? notAllowed(item, item.value, field) : mustBe('a list of strings', item),
      );
      return wrong.find(one => one !== undefined);
    }
    case 'map': {
      if (node.kind !== 'object') return mustBe('an object of strings');
      const wrong = node.members.find(({ value }) => value.kind !== 'string');
      return wrong && mustBe('an object of strings', wrong.value);
    }
  }
}

function wrongNumber(at: ConfigNode, value: number, { type, min, max }: Field): Wrong | undefined {
  if (!Number.isFinite(value)) return { at, message: 'is too large a number' };
  if (type === 'integer' && !Number.isInteger(value)) return { at, message: 'must be a whole number' };
  if (min !== undefined && value < min) return { at, message: `must be at least ${min}` };
  return max !== undefined && value > max ? { at, message: `must be at most ${max}` } : undefined;
}

function notAllowed(at: ConfigNode, value: string, { allowed }: Field): Wrong | undefined {
  if (!allowed || allowed.includes(value)) return undefined;
  const hint = didYouMean(value, allowed).hint;
  return { at, message: `must be one of ${allowed.join(', ')}`, hint };
}
