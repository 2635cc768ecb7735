/** The picture of the start page: page, workers, GPU and object store; one drawing for wide screens, one for narrow. */
export function picture(): string {
  return `<svg class="wide" viewBox="0 0 932 396" role="img" aria-labelledby="picture-title">
    <title id="picture-title">Your page calls actors in workers; one of them holds a GPU; values are shared through an object store.</title>
    ${box(20, 36, 250, 236, 'driver')}
    ${text(44, 74, 'Your page', 'name')}${text(44, 96, 'or a Node process', 'note')}
    ${text(44, 146, 'counter.increment(5)', 'code')}${text(44, 174, 'net.train(100)', 'code')}
    ${text(44, 202, 'add.remote(1, 2)', 'code')}${text(44, 246, 'await get(refs)', 'code strong')}
    <text x="345" y="28" text-anchor="middle" class="note">calls out, results back</text>
    ${wire('M270 92 C345 92 345 72 420 72')}${wire('M270 154 H420')}${wire('M270 216 C345 216 345 236 420 236')}
    ${worker(420, 40, 280, 'Counter', 'worker 1', '--c1', 'value = 6')}
    ${worker(420, 122, 280, 'pool', 'worker 2', '--c5', 'add(1, 2)')}
    ${worker(420, 204, 280, 'NeuralNet', 'worker 3', '--c2', 'numGpus: 1')}
    ${wire('M700 236 H784')}
    <text x="742" y="222" text-anchor="middle" class="note">its device</text>
    ${chip(784, 176, 120)}
    ${text(816, 232, 'GPU 0', 'name lit')}${text(812, 252, 'WebGPU', 'note lit')}
    <path d="M145 272v42M560 268v46" class="stem"/>
    ${box(20, 314, 892, 62, 'store')}
    ${text(44, 352, 'Object store', 'name')}
    <text x="888" y="351" text-anchor="end" class="note">put(value), ObjectRef: copied, moved, or shared on request</text>
  </svg>
  <svg class="narrow" viewBox="0 0 340 500" aria-hidden="true">
    ${box(8, 8, 324, 112, 'driver')}
    ${text(26, 38, 'Your page', 'name')}${text(124, 38, 'or a Node process', 'note')}
    ${text(26, 70, 'counter.increment(5)', 'code')}${text(26, 98, 'await get(refs)', 'code strong')}
    ${wire('M62 120V176')}${wire('M170 120V176')}${wire('M278 120V176')}
    ${tile(8, 176, 'Counter', 'worker 1', '--c1')}${tile(120, 176, 'pool', 'worker 2', '--c5')}${tile(232, 176, 'Net', 'worker 3', '--c2')}
    ${wire('M282 250V296')}
    ${chip(232, 296, 100)}${text(256, 344, 'GPU 0', 'name lit')}${text(252, 364, 'WebGPU', 'note lit')}
    <path d="M58 250V420M170 250V420" class="stem"/>
    ${box(8, 420, 324, 68, 'store')}
    ${text(26, 450, 'Object store', 'name')}${text(26, 472, 'copied, moved, or shared on request', 'note')}
  </svg>`
}

function box(x: number, y: number, width: number, height: number, kind: string): string {
  return `<rect x="${x}" y="${y}" width="${width}" height="${height}" rx="14" class="box ${kind}"/>`
}

function text(x: number, y: number, content: string, kind: string): string {
  return `<text x="${x}" y="${y}" class="${kind}">${content}</text>`
}

function wire(path: string): string {
  return `<path d="${path}" class="wire"/><path d="${path}" class="pulse"/>`
}

function worker(x: number, y: number, width: number, name: string, place: string, hue: string, state: string): string {
  return `${box(x, y, width, 64, 'worker')}<circle cx="${x + 26}" cy="${y + 32}" r="8" fill="var(${hue})"/>
    ${text(x + 46, y + 28, name, 'name')}${text(x + 46, y + 48, place, 'note')}
    <text x="${x + width - 18}" y="${y + 38}" text-anchor="end" class="code">${state}</text>`
}

function tile(x: number, y: number, name: string, place: string, hue: string): string {
  return `${box(x, y, 100, 74, 'worker')}<circle cx="${x + 20}" cy="${y + 26}" r="6" fill="var(${hue})"/>
    ${text(x + 33, y + 31, name, 'name')}${text(x + 16, y + 56, place, 'note')}`
}

function chip(x: number, y: number, size: number): string {
  const pins = [0.2, 0.4, 0.6, 0.8].map((share) => {
    const at = Math.round(size * share)
    return `M${x + at} ${y - 8}v8M${x + at} ${y + size}v8M${x + size} ${y + at}h8`
  })
  return `<path d="${pins.join('')}" class="pins"/>${box(x, y, size, size, 'gpu')}`
}
