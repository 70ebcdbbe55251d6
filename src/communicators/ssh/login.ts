import type { AnyAuthMethod, AuthenticationType, Prompt, ParsedKey as Ssh2Key } from 'ssh2';
import { authenticationKey } from './certificate.ts';
import type { Login } from './settings.ts';

type AskUser = (question: string) => Promise<string>;
type NextMethod = (method: AnyAuthMethod | false) => void;

/**
 * Offers the ways to log in, in Packer's order: agent, key file, the builder's keys, password, keyboard-interactive
 * with the password (or with the user's answers). `tried` collects their names for the error message.
 */
export function loginMethods(
  login: Login,
  builderKeys: readonly string[],
  ask: AskUser,
): {
  readonly tried: string[];
  readonly next: (left: AuthenticationType[] | null, partial: boolean | null, done: NextMethod) => void;
} {
  const { username, password, agent } = login;
  const keys = [...login.keys, ...builderKeys.map(text => ({ text }))];
  const methods: AnyAuthMethod[] = [
    { type: 'none', username },
    ...(agent ? [{ type: 'agent', username, agent } as const] : []),
    ...keys.map(key => ({ type: 'publickey', username, key: authenticationKey(key) as unknown as Ssh2Key }) as const),
    ...(password === undefined
      ? []
      : [
          { type: 'password', username, password } as const,
          {
            type: 'keyboard-interactive',
            username,
            prompt: answerWith(async () => password),
          } as const,
        ]),
    ...(login.interactive ? [{ type: 'keyboard-interactive', username, prompt: answerWith(ask) } as const] : []),
  ];
  const tried: string[] = [];
  const choose = (left: AuthenticationType[] | null): AnyAuthMethod | false => {
    for (let method = methods.shift(); method; method = methods.shift()) {
      if (method.type === 'none') return method;
      // An agent's keys are public keys to the server.
      const wanted = method.type === 'agent' ? 'publickey' : method.type;
      if (left && !left.includes(wanted)) continue;
      const name = method.type === 'publickey' ? 'key' : method.type;
      if (!tried.includes(name)) tried.push(name);
      return method;
    }
    return false;
  };
  return { tried, next: (left, _partial, done) => done(choose(left)) };
}

type Answer = (answers: string[]) => void;

function answerWith(
  ask: AskUser,
): (name: string, instructions: string, lang: string, prompts: Prompt[], finish: Answer) => void {
  return (_name, _instructions, _lang, prompts, finish) => {
    const answers = async (): Promise<string[]> => {
      const given: string[] = [];
      for (const { prompt } of prompts) given.push(await ask(prompt));
      return given;
    };
    // Without a terminal there is no answer: the server then refuses this method.
    answers().then(finish, () => finish(prompts.map(() => '')));
  };
}
