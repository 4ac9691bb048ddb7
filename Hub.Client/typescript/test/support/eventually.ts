/** Waits until a condition is true, with a reason and a limit. */
export async function eventually(reason: string, condition: () => boolean | Promise<boolean>, limitMs = 30_000): Promise<void> {
  const end = Date.now() + limitMs;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`Waited in vain for ${limitMs / 1000} s until ${reason}.`);
    await new Promise(resolve => setTimeout(resolve, 20));
  }
}
