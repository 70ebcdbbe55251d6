/** Which variables are declared at the place being parsed, and whether a loop surrounds it. */
export class Scope {
  #names: string[] = ['$'];
  #counts = new Map<string, number>([['$', 1]]);
  #loops = 0;

  get inLoop(): boolean {
    return this.#loops > 0;
  }

  declare(name: string): void {
    this.#names.push(name);
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }

  knows(name: string): boolean {
    return (this.#counts.get(name) ?? 0) > 0;
  }

  /** Runs `body`; what it declares ends with it. */
  block<T>(body: () => T): T {
    const mark = this.#names.length;
    const result = body();
    for (const name of this.#names.splice(mark)) this.#counts.set(name, (this.#counts.get(name) ?? 1) - 1);
    return result;
  }

  loop<T>(body: () => T): T {
    this.#loops++;
    const result = body();
    this.#loops--;
    return result;
  }

  /** Runs `body` as the inside of a separate template: no variables but `$`, no loop around it. */
  separate<T>(body: () => T): T {
    const [names, counts, loops] = [this.#names, this.#counts, this.#loops];
    this.#names = ['$'];
    this.#counts = new Map([['$', 1]]);
    this.#loops = 0;
    const result = body();
    [this.#names, this.#counts, this.#loops] = [names, counts, loops];
    return result;
  }
}
