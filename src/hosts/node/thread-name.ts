import { writeFileSync } from 'node:fs'

/** Linux shows this many bytes of a thread's name. */
const maxBytes = 15

let shown: string | undefined

/** Names this thread in `ps -T` and `top -H`. Only Linux lets a thread do that from JavaScript. */
export function nameRealm(name: string): void {
  if (name === shown || process.platform !== 'linux') return
  shown = name
  try {
    // Synchronous, so that it is done by the thread itself and not by one of the thread pool.
    writeFileSync('/proc/thread-self/comm', shorten(name))
  } catch {
    // A container may hide /proc or mount it read-only: the name is a help, nothing depends on it.
  }
}

/** Keeps the number at the end, which tells one actor from another: `ParameterServer#12` is `ParameterSer#12`. */
export function shorten(name: string): string {
  const bytes = new TextEncoder().encode(name)
  if (bytes.length <= maxBytes) return name
  const at = Math.max(name.lastIndexOf('#'), name.lastIndexOf('.'))
  const end = at < 0 ? '' : name.slice(at)
  const room = maxBytes - new TextEncoder().encode(end).length
  if (room <= 0) return name
  // Half a character at the cut is dropped.
  return new TextDecoder().decode(bytes.slice(0, room)).replace(/\uFFFD+$/, '') + end
}
