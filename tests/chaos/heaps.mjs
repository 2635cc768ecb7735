// Measures the heaps of a page and of its workers from outside, over the DevTools protocol.

/**
 * Returns a function that collects garbage and gives the bytes each realm uses, by name.
 * @param {import('playwright').Page} page
 */
export async function watchHeaps(page) {
  const client = await page.context().newCDPSession(page)
  const workers = new Map()
  const waiting = new Map()
  let lastId = 0
  client.on('Target.attachedToTarget', ({ sessionId, targetInfo }) => workers.set(sessionId, targetInfo))
  client.on('Target.detachedFromTarget', ({ sessionId }) => workers.delete(sessionId))
  client.on('Target.receivedMessageFromTarget', ({ message }) => {
    const { id, result } = JSON.parse(message)
    waiting.get(id)?.(result)
    waiting.delete(id)
  })
  await client.send('Target.setAutoAttach', { autoAttach: true, waitForDebuggerOnStart: false, flatten: false })
  const ask = (sessionId, method) =>
    new Promise((resolve, reject) => {
      const id = ++lastId
      waiting.set(id, resolve)
      client.send('Target.sendMessageToTarget', { sessionId, message: JSON.stringify({ id, method }) }).catch(reject)
    })
  return async () => {
    await client.send('HeapProfiler.collectGarbage')
    const heaps = { driver: (await client.send('Runtime.getHeapUsage')).usedSize }
    for (const [i, [sessionId]] of [...workers].entries()) {
      await ask(sessionId, 'HeapProfiler.collectGarbage')
      heaps[`worker ${i + 1}`] = (await ask(sessionId, 'Runtime.getHeapUsage')).usedSize
    }
    return heaps
  }
}
