/** The users' objects that are actors: they stay where they are. */
export const actorObjects: WeakSet<object> = new WeakSet()
