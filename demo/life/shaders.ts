import { alive, fading, freshTrail, oldest } from './rules.ts'

const sizeAndCells = `
struct Size { width: u32, height: u32 }
@group(0) @binding(0) var<uniform> size: Size;
@group(0) @binding(1) var<storage, read> cells: array<u32>;`

/** Threads of a group, across and down. */
export const tile = 8

/** One generation: every thread has a cell. */
export const stepShader: string = `${sizeAndCells}
@group(0) @binding(2) var<storage, read_write> next: array<u32>;

fn lives(x: u32, y: u32) -> u32 { return select(0u, 1u, cells[y * size.width + x] >= ${alive}u); }

@compute @workgroup_size(${tile}, ${tile}) fn main(@builtin(global_invocation_id) at: vec3u) {
  if (at.x >= size.width || at.y >= size.height) { return; }
  let left = select(at.x - 1u, size.width - 1u, at.x == 0u);
  let right = select(at.x + 1u, 0u, at.x + 1u == size.width);
  let up = select(at.y - 1u, size.height - 1u, at.y == 0u);
  let down = select(at.y + 1u, 0u, at.y + 1u == size.height);
  let neighbours = lives(left, up) + lives(at.x, up) + lives(right, up) + lives(left, at.y) + lives(right, at.y)
    + lives(left, down) + lives(at.x, down) + lives(right, down);
  let value = cells[at.y * size.width + at.x];
  let isAlive = value >= ${alive}u;
  let older = select(${alive}u, min(value + 1u, ${oldest}u), isAlive);
  let fainter = select(max(value, ${fading}u) - ${fading}u, ${freshTrail}u, isAlive);
  next[at.y * size.width + at.x] = select(fainter, older, neighbours == 3u || (isAlive && neighbours == 2u));
}`

/** Counts who lives: each group for itself, then all together. */
export const countShader: string = `${sizeAndCells}
@group(0) @binding(2) var<storage, read_write> population: atomic<u32>;
var<workgroup> here: atomic<u32>;

@compute @workgroup_size(${tile}, ${tile}) fn main(
  @builtin(global_invocation_id) at: vec3u, @builtin(local_invocation_index) index: u32,
) {
  if (at.x < size.width && at.y < size.height && cells[at.y * size.width + at.x] >= ${alive}u) { atomicAdd(&here, 1u); }
  workgroupBarrier();
  if (index == 0u) { atomicAdd(&population, atomicLoad(&here)); }
}`

/** One triangle that covers the canvas, a cell a pixel. */
export const drawShader: string = `${sizeAndCells}
struct Colors { paper: vec4f, trail: vec4f, young: vec4f, old: vec4f }
@group(0) @binding(2) var<uniform> colors: Colors;

@vertex fn corner(@builtin(vertex_index) index: u32) -> @builtin(position) vec4f {
  return vec4f(f32(index & 1u) * 4.0 - 1.0, f32(index >> 1u) * 4.0 - 1.0, 0.0, 1.0);
}

@fragment fn pixel(@builtin(position) position: vec4f) -> @location(0) vec4f {
  let value = cells[u32(position.y) * size.width + u32(position.x)];
  if (value >= ${alive}u) { return mix(colors.young, colors.old, f32(value - ${alive}u) / ${oldest - alive}.0); }
  return mix(colors.paper, colors.trail, f32(value) / ${freshTrail}.0);
}`
