/** Tasks by key: those of one key run one after the other, those of different keys side by side. */
export class TaskQueues {
  private readonly last = new Map<string, Promise<void>>();

  /** Runs `task` after all that was asked for the same key before. */
  enqueue<T>(key: string, task: () => Promise<T>): Promise<T> {
    const before = this.last.get(key) ?? Promise.resolve();
    const result = before.then(task);
    const settled = result.then(
      () => {},
      () => {},
    );
    this.last.set(key, settled);
    void settled.then(() => {
      if (this.last.get(key) === settled) this.last.delete(key);
    });
    return result;
  }

  /** Resolves when all that was asked so far is done. */
  async settled(): Promise<void> {
    await Promise.all(this.last.values());
  }
}
