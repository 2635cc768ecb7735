/** Version of what nodes say to each other; nodes of different versions do not form a cluster. */
export const protocolVersion = 1
