import { resolve } from 'node:path';
import type { Diagnostic } from '../../../sdk/diagnostics.ts';
import { formatLocation } from '../../../sdk/source.ts';
import { evaluate, type Root } from '../eval/index.ts';
import { parseHclTemplate } from '../syntax/index.ts';
import { DYNAMIC } from '../values/types.ts';
import { UNKNOWN, type Value } from '../values/value.ts';
import type { FunctionContext } from './context.ts';
import { FunctionError, type FunctionTable, type PlainFunction } from './contract.ts';
import { any, define, entriesAt, text, textAt } from './define.ts';
import { utf8 } from './encoding.ts';
import { expandHome, readBytes } from './files.ts';

/** Renders a file as a template with its own names; it may call all functions but templatefile. */
export function templateFile(context: FunctionContext, functions: () => FunctionTable): PlainFunction {
  return define([text('path'), any('vars', { partial: true })], DYNAMIC, args => {
    const written = textAt(args, 0);
    const path = resolve(context.templateDir, expandHome(written, context.env));
    const file = { path: written, text: utf8(readBytes(path, 0), 0, `the file "${written}"`) };
    const { expression, diagnostics } = parseHclTemplate(file);
    refuse(diagnostics);
    if (!expression) return UNKNOWN;
    const roots = new Map<string, Root>(
      [...entriesAt(args, 1)].map(([name, value]: [string, Value]) => [name, { value }]),
    );
    const all = functions();
    const table: FunctionTable = {
      get: name => (name === 'templatefile' ? undefined : all.get(name)),
      names: () => [...all.names()].filter(name => name !== 'templatefile'),
    };
    const problems: Diagnostic[] = [];
    const value = evaluate(expression, { roots, functions: table }, problems);
    refuse(problems);
    return value;
  });
}

function refuse(diagnostics: readonly Diagnostic[]): void {
  const [first] = diagnostics;
  if (!first) return;
  throw new FunctionError(`${first.span ? `${formatLocation(first.span)}: ` : ''}${first.message}`, 0, first.hint);
}
