import { CoordinatorLostError } from '../protocol/errors.ts'

/** Loads a part of the library that is not loaded with the rest. Rejects with CoordinatorLostError where it cannot. */
export async function loadPart<T>(what: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load()
  } catch (cause) {
    throw new CoordinatorLostError(
      `The part of Troupe that ${what} could not be loaded: ${String(cause)}. Is the page offline, or has the app been deployed anew since it was opened? Reload it, or try again.`,
      { cause },
    )
  }
}
