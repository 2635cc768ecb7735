import { leave } from './hand-over.ts'
import type { Link } from './link.ts'
import { LocalActors } from './local-actors.ts'
import { RunningCalls } from './running.ts'
import type { Runtime } from './runtime.ts'
import { TaskRunner } from './task-runner.ts'

/** What runs in a worker for others. Main realms have none, and load none. */
export class Callee {
  readonly #runtime: Runtime
  readonly actors: LocalActors
  readonly tasks: TaskRunner
  readonly running: RunningCalls

  constructor(runtime: Runtime) {
    this.#runtime = runtime
    this.actors = new LocalActors(runtime)
    this.tasks = new TaskRunner(runtime)
    this.running = new RunningCalls(runtime)
  }

  /** Ends this realm gracefully: what others hold of it goes to its node. */
  leave(): Promise<void> {
    return leave(this.#runtime)
  }

  linkClosed(link: Link): void {
    this.running.linkClosed(link)
  }
}
