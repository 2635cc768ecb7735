import { defineConfig } from 'tsdown'

export default defineConfig({
  entry: ['src/index.ts'],
  format: 'esm',
  platform: 'neutral',
  dts: { oxc: true },
  deps: { neverBundle: ['troupe', 'peer', 'peerjs', 'selfsigned', 'ws', '@roamhq/wrtc'] },
})
