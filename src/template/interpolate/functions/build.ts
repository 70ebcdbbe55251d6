import { didYouMean } from '../../../sdk/suggest.ts';
import { CallFault, shorten } from '../faults.ts';
import type { CallContext, TemplateFunction } from '../functions.ts';
import { textOf } from './text.ts';

/** Time-ordered: Unix seconds in the first eight digits, then 96 random bits; no version bits, as Packer makes them. */
function uuid(): string {
  const seconds = (Math.floor(Date.now() / 1000) >>> 0).toString(16).padStart(8, '0');
  const random = Buffer.from(globalThis.crypto.getRandomValues(new Uint8Array(12))).toString('hex');
  return [seconds, random.slice(0, 4), random.slice(4, 8), random.slice(8, 12), random.slice(12)].join('-');
}

/** `{{ build "K" }}`: at preparation the text `{{.K}}`, which the run-time rendering picks up; then the value. */
function buildValue(key: string, { scope, outside, env }: CallContext): string {
  if (outside)
    throw new CallFault(
      'build values do not exist yet while variables are rendered',
      'use {{ build ... }} in the options directly',
    );
  const { data, phase } = scope;
  if (phase === 'prepare-builder')
    throw new CallFault(
      'build values do not exist yet when the builder is configured',
      env.language === 'hcl2' ? undefined : 'they are there for provisioners and post-processors',
    );
  if (data === undefined) {
    if (phase === 'prepare') return `{{.${key}}}`;
    throw new CallFault(`there are no build values here, so not "${key}" either`);
  }
  if (!Object.hasOwn(data, key)) {
    const near = didYouMean(key, Object.keys(data)).hint;
    throw new CallFault(
      `the builder supplies no build value "${shorten(key)}"`,
      near ?? `there are: ${Object.keys(data).sort().join(', ')}`,
    );
  }
  return phase === 'prepare' ? `{{.${key}}}` : String(data[key] ?? '');
}

function onlyInVariables(what: string, context: CallContext): CallFault {
  const hint =
    context.env.language === 'hcl2'
      ? 'use the HCL function of that purpose in the default of a variable or in a local'
      : 'call it in the default of a variable, and use {{ user `NAME` }} here';
  return new CallFault(`${what} not allowed here`, hint);
}

/** Functions on the build, its surroundings and the user's variables. */
export const buildFunctions: Readonly<Record<string, TemplateFunction>> = {
  user: {
    params: ['string'],
    call: ([name], context) => {
      if (context.env.language === 'hcl2')
        throw new CallFault(
          'user does not work in HCL2 templates',
          `use var.${textOf(name)} in an HCL expression: "\${var.${textOf(name)}}"`,
        );
      return context.user(textOf(name));
    },
  },
  build: { params: ['string'], call: ([key], context) => buildValue(textOf(key), context) },
  build_name: {
    params: [],
    call: (_, { scope }) => {
      if (scope.buildName) return scope.buildName;
      throw new CallFault(
        'build_name not available',
        'it is known only in the options of builders, provisioners and post-processors',
      );
    },
  },
  build_type: {
    params: [],
    call: (_, { scope }) => {
      if (scope.buildType) return scope.buildType;
      throw new CallFault(
        'build_type not available',
        'it is known only in the options of builders, provisioners and post-processors',
      );
    },
  },
  template_dir: {
    params: [],
    call: (_, { env }) => {
      if (env.language === 'json') return env.templateDir;
      throw new CallFault('template_dir does not work in HCL2 templates', 'use path.root: "${path.root}"');
    },
  },
  pwd: { params: [], call: (_, { env }) => env.cwd },
  packer_version: { params: [], call: (_, { env }) => env.version },
  uuid: { params: [], call: () => uuid() },

  env: {
    params: ['string'],
    call: ([name], context) => {
      if (context.outside) return context.outside.env(textOf(name));
      throw onlyInVariables('env vars are', context);
    },
  },
  consul_key: {
    params: ['string'],
    call: ([key], context) => {
      if (context.outside) return context.outside.consulKey(textOf(key));
      throw onlyInVariables('consul_key is', context);
    },
  },
  vault: {
    params: ['string', 'string'],
    call: ([path, key], context) => {
      if (context.outside) return context.outside.vault(textOf(path), textOf(key));
      throw onlyInVariables('vault is', context);
    },
  },
  aws_secretsmanager: {
    params: [],
    rest: 'string',
    call: (args, context) => {
      if (!context.outside) throw onlyInVariables('aws_secretsmanager is', context);
      if (args.length < 1 || args.length > 2)
        throw new CallFault(
          `aws_secretsmanager takes a name and perhaps a key, these are ${args.length} arguments`,
          '{{ aws_secretsmanager `name` `key` }}',
        );
      return context.outside.secret(textOf(args[0]), args.length > 1 ? textOf(args[1]) : undefined);
    },
  },
  aws_secretsmanager_raw: {
    params: ['string'],
    call: ([name], context) => {
      if (context.outside) return context.outside.rawSecret(textOf(name));
      throw onlyInVariables('aws_secretsmanager_raw is', context);
    },
  },
};
