// The types of threads 1.7 are not reachable by its package.json: what is used of it.
declare module 'threads' {
  type Functions = Record<string, (argument: never) => unknown>
  export type ModuleThread<F extends Functions> = {
    [K in keyof F]: (...args: Parameters<F[K]>) => Promise<ReturnType<F[K]>>
  }
  export class Worker {
    constructor(path: string)
  }
  export const Thread: { terminate(thread: object): Promise<void> }
  export function spawn<F extends Functions>(worker: Worker): Promise<ModuleThread<F>>
  export function Pool<T extends object>(
    start: () => Promise<T>,
    options: { size: number },
  ): { queue<R>(run: (thread: T) => Promise<R>): PromiseLike<R>; terminate(force: boolean): Promise<void> }
}

declare module 'threads/worker' {
  export function expose(functions: Record<string, (argument: never) => unknown>): void
}
