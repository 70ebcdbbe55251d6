import { DYNAMIC, STRING } from '../values/types.ts';
import { NULL, string } from '../values/value.ts';
import type { FunctionContext } from './context.ts';
import { FunctionError, type HclFunction } from './contract.ts';
import { any, define, text, textAt } from './define.ts';
import { readYaml } from './yaml-read.ts';
import { writeYaml } from './yaml-write.ts';

export function yamlFunctions({ libraries }: FunctionContext): Readonly<Record<string, HclFunction>> {
  return {
    yamldecode: define([text('str')], DYNAMIC, args => {
      if (!libraries.yaml) throw new FunctionError('the YAML library is not loaded');
      return readYaml(libraries.yaml, textAt(args, 0));
    }),
    yamlencode: define([any('value', { nullable: true })], STRING, args => string(writeYaml(args[0] ?? NULL))),
  };
}
