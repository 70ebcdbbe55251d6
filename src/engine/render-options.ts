import { type Diagnostic, errorAt } from '../sdk/diagnostics.ts';
import type { ConfigNode, MemberNode, ObjectNode, StringNode } from '../sdk/node.ts';
import type { Option, OptionTable } from '../sdk/options.ts';
import { spanInside } from '../template/interpolate/locate.ts';
import { RenderError, type Renderer, type RenderScope } from '../template/model.ts';

/**
 * Renders every string of a component's options once, map keys too. Late options of the table, and late fields of its
 * blocks, are only checked for syntax: their text stays as it is, to be rendered when the plugin runs. A string that cannot be rendered becomes an
 * unknown value, so that nothing else complains about it.
 */
export function renderOptions(
  node: ObjectNode,
  table: OptionTable,
  renderer: Renderer,
  scope: RenderScope,
  component: string,
): { readonly node: ObjectNode; readonly diagnostics: readonly Diagnostic[] } {
  const diagnostics: Diagnostic[] = [];

  const text = (source: StringNode, late: boolean): string | undefined => {
    const { value } = source;
    if (!value.includes('{{')) return value;
    try {
      if (!late) return renderer.render(value, scope);
      renderer.check(value, scope);
      return value;
    } catch (error) {
      if (!(error instanceof RenderError)) throw error;
      // What is wrong whatever the values are has nothing to do with where they came from.
      const origins = fails(() => renderer.check(value, scope)) ? undefined : source.origins;
      const notes = origins?.map(origin => ({ message: origin.what, span: origin.span }));
      diagnostics.push(
        errorAt(spanInside(source, error.start, error.end), 'bad-template', error.message, {
          component,
          ...(error.hint && { hint: error.hint }),
          ...(notes && { notes }),
        }),
      );
      return undefined;
    }
  };

  const member = (one: MemberNode, late: boolean, option?: Option): MemberNode => {
    const keyNode: StringNode = { kind: 'string', value: one.key, span: one.keySpan };
    const key = text(keyNode, late) ?? one.key;
    const value = visit(one.value, late, option?.fields);
    return key === one.key && value === one.value ? one : { key, keySpan: one.keySpan, value };
  };

  // Unchanged parts keep their identity, so that results can be shared between builds.
  const visit = (at: ConfigNode, late: boolean, fields?: OptionTable): ConfigNode => {
    switch (at.kind) {
      case 'string': {
        const value = text(at, late);
        if (value === undefined) return { kind: 'unknown', span: at.span };
        return value === at.value ? at : { ...at, value };
      }
      case 'array': {
        const items = at.items.map(item => visit(item, late, fields));
        return items.every((item, index) => item === at.items[index]) ? at : { ...at, items };
      }
      case 'object': {
        const members = at.members.map(one => {
          const field = fields?.[one.key];
          return member(one, late || field?.late === true, field);
        });
        return members.every((one, index) => one === at.members[index]) ? at : { ...at, members };
      }
      default:
        return at;
    }
  };

  const members = node.members.map(one => member(one, table[one.key]?.late === true, table[one.key]));
  const same = members.every((one, index) => one === node.members[index]);
  return { node: same ? node : { ...node, members }, diagnostics };
}

function fails(action: () => void): boolean {
  try {
    action();
    return false;
  } catch {
    return true;
  }
}
