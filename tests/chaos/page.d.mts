/** Builds the page of the programs, serves it, runs one of them in Chromium and gives its result. */
export function runInPage(
  program: 'runChaos' | 'runLeaks',
  options: object,
  listeners: Readonly<Record<string, (value: never) => unknown>>,
): Promise<unknown>
