/**
 * Runs tasks at once and waits for all of them even when one fails, so that whatever the others create is known to
 * its owner before anything is undone. Throws the first failure in the order given.
 */
export async function settleAll<T extends readonly unknown[]>(
  ...tasks: { readonly [K in keyof T]: Promise<T[K]> }
): Promise<T> {
  const settled = await Promise.allSettled(tasks);
  return settled.map(one => {
    if (one.status === 'rejected') throw one.reason;
    return one.value;
  }) as unknown as T;
}
