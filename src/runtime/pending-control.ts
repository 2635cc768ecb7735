import type { Control, CreationOutcome } from './control.ts'

type Method = (...args: unknown[]) => unknown
type Waiting = (control: Control | undefined, error: Error | undefined) => void

/** Stands for the coordinator of this realm until that is loaded: what is asked of it waits, in its order. */
export class PendingControl {
  #waiting: Waiting[] = []
  #error: Error | undefined
  /** For the realm to use meanwhile. */
  readonly control: Control = new Proxy({} as Control, {
    get:
      (_, name: keyof Control) =>
      (...args: unknown[]) =>
        this.#later(name, args),
  })

  // Whoever only tells something takes no notice of the promise.
  #later(name: keyof Control, args: unknown[]): Promise<unknown> {
    const answer = new Promise<unknown>((resolve, reject) => {
      const act: Waiting = (control, failure) => {
        try {
          if (control === undefined) throw failure
          resolve((control[name] as Method)(...args))
        } catch (error) {
          // Elsewhere it would be thrown to whoever called `.remote()`, who has a handle by now.
          if (name === 'createActor') (args[2] as CreationOutcome).failed(error as Error)
          reject(error)
        }
      }
      if (this.#error === undefined) this.#waiting.push(act)
      else act(undefined, this.#error)
    })
    answer.catch(() => {})
    return answer
  }

  /** The coordinator is here. */
  open(control: Control): void {
    for (const act of this.#waiting.splice(0)) act(control, undefined)
  }

  /** It will never come: all that waits for it rejects with this, and all that is asked from now on. */
  fail(error: Error): void {
    this.#error = error
    for (const act of this.#waiting.splice(0)) act(undefined, error)
  }
}
