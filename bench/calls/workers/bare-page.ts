// A worker that answers messages, and no more.
globalThis.onmessage = ({ data }: MessageEvent<number>) => globalThis.postMessage(data + 1)
