import { stepOn } from './step.ts'

const adapter = await navigator.gpu.requestAdapter()
const step = stepOn(await adapter!.requestDevice())
addEventListener('message', async ({ data }: MessageEvent<Float32Array<ArrayBuffer>>) => postMessage(await step(data)))
postMessage('ready')
