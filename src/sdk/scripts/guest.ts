import { posix } from 'node:path';
import { KilnError } from '../errors.ts';
import type { ProvisionContext } from '../plugin.ts';
import { outputOf, shellQuote } from './remote.ts';

/** File commands in the machine's own language. */
export class Guest {
  readonly #run: ProvisionContext;
  readonly #windows: boolean;
  readonly #sudo: string;

  constructor(run: ProvisionContext, type: 'unix' | 'windows', sudo: boolean) {
    this.#run = run;
    this.#windows = type === 'windows';
    this.#sudo = sudo && !this.#windows ? 'sudo ' : '';
  }

  /** Creates a folder with its parents; it belongs to the login user, whoever creates it. */
  async makeFolder(path: string): Promise<void> {
    const word = this.#word(path);
    const command = this.#windows
      ? this.#powershell(`New-Item -ItemType Directory -Force -Path ${word} -ErrorAction Stop | Out-Null`)
      : `${this.#sudo}mkdir -p ${word}${this.#sudo && ` && ${this.#sudo}chown "$(id -u):$(id -g)" ${word}`}`;
    await this.#must(command, `the folder "${path}" could not be created on the machine`);
  }

  async removeFolder(path: string): Promise<void> {
    const word = this.#word(path);
    const command = this.#windows
      ? this.#powershell(`Remove-Item -Recurse -Force -Path ${word} -ErrorAction SilentlyContinue`)
      : `${this.#sudo}rm -rf ${word}`;
    await this.#must(command, `the folder "${path}" could not be removed from the machine`);
  }

  /** Creates the folder that a path lies in, where it is missing; existing ones keep their owner. */
  async makeParent(path: string): Promise<void> {
    const word = this.#word(posix.dirname(path));
    const command = this.#windows
      ? this.#powershell(`New-Item -ItemType Directory -Force -Path ${word} -ErrorAction Stop | Out-Null`)
      : `${this.#sudo}mkdir -p ${word}`;
    await this.#must(command, `the folder of "${path}" could not be created on the machine`);
  }

  /** Moves a file or folder to where the login user may not write, replacing what is there. */
  async move(from: string, to: string): Promise<void> {
    const [source, target] = [this.#word(from), this.#word(to)];
    const command = this.#windows
      ? this.#powershell(`Move-Item -Force -Path ${source} -Destination ${target} -ErrorAction Stop`)
      : `${this.#sudo}rm -rf ${target} && ${this.#sudo}mv ${source} ${target}`;
    await this.#must(command, `"${from}" could not be moved to "${to}" on the machine`);
  }

  /** Uploads the contents of a local folder into a remote one, which is created. */
  async uploadContents(source: string, target: string): Promise<void> {
    await this.makeFolder(target);
    const { communicator, signal } = this.#run;
    await communicator.uploadFolder(`${source.replace(/\/+$/, '')}/`, target, { signal });
  }

  #word(path: string): string {
    return this.#windows ? `'${path.replaceAll("'", "''")}'` : shellQuote(path);
  }

  #powershell(command: string): string {
    return `powershell.exe -NoProfile -Command "${command}"`;
  }

  async #must(command: string, complaint: string): Promise<void> {
    const { code } = await outputOf(this.#run, command);
    if (code !== 0) throw new KilnError(`${complaint}: "${command}" gave exit status ${code}`);
  }
}
