import { type Diagnostic, warningAt } from '../../sdk/diagnostics.ts';
import type { StringNode } from '../../sdk/node.ts';
import { spanInside } from '../interpolate/locate.ts';
import type { WriteText } from './body.ts';
import { ADVICE, type Names } from './calls.ts';
import { comment } from './literal.ts';
import { translateText } from './text.ts';

/** Writes the texts of one block, and collects the calls in it that stay as they are. */
export class BlockWriter {
  readonly text: WriteText;
  private readonly left = new Set<string>();

  constructor(names: Names, diagnostics: Diagnostic[]) {
    this.text = node => {
      const { code, left } = translateText(node.value, names);
      for (const { name, start, end } of left) {
        this.left.add(name);
        diagnostics.push(leftCall(name, spanInside(node as StringNode, start, end)));
      }
      return code;
    };
  }

  /** Comment lines about the calls that stay, to stand above the block; empty without any. */
  get remarks(): string {
    const lines = [...this.left].map(name => {
      const advice = Object.hasOwn(ADVICE, name) ? `; ${ADVICE[name]}` : '';
      return `The call of "${name}" stays as it is: there is no automatic translation${advice}.`;
    });
    return lines.length > 0 ? `${comment(lines.join('\n'))}\n` : '';
  }
}

function leftCall(name: string, span: Diagnostic['span']): Diagnostic {
  const advice = Object.hasOwn(ADVICE, name) ? ADVICE[name] : undefined;
  return warningAt(span, 'call-left', `"${name}" has no automatic translation to HCL2: the call stays as it is`, {
    ...(advice && { hint: advice }),
  });
}
