import { actor, task } from 'troupe'

/** Counts, and can be brought back to where it was. */
export const Lasting = actor(
  class Lasting {
    value = 0
    extra = 'new'
    inc(by = 1): number {
      this.value += by
      return this.value
    }
    async incLater(): Promise<number> {
      await null
      return this.inc()
    }
    note(): string {
      return this.extra
    }
    save(): { value: number } {
      return { value: this.value }
    }
    load(state: { value: number }): void {
      this.value = state.value
      this.extra = 'restored'
    }
    die(): Promise<never> {
      if (typeof process === 'undefined') self.close()
      else process.exit(3)
      return new Promise(() => {})
    }
    loop(): void {
      for (;;);
    }
  },
  import.meta,
)

export const loopForever = task(
  function loopForever(): never {
    for (;;);
  },
  import.meta,
)
