/**
 * Places boxes in layers from left to right: longest path, few crossings by barycentre sweeps, and each box as near to the
 * middle of its neighbours as the order allows. Edges that skip layers get a place of their own in each, so that they pass
 * between boxes instead of behind them.
 */

export interface Size {
  readonly width: number
  readonly height: number
}

export interface Arc {
  readonly from: number
  readonly to: number
}

export interface Layered {
  readonly layer: Int32Array
  /** Top left corners. */
  readonly x: Float32Array
  readonly y: Float32Array
  readonly width: number
  readonly height: number
  /** Of each arc: points x1, y1, x2, y2, … that it passes between its ends, from left to right; in the middle of free space. */
  readonly bends: readonly (readonly number[])[]
}

const SWEEPS = 8
/** Places of edges that skip layers; what goes beyond them is drawn straight. */
const MOST_BENDS = 6_000
const BEND_HEIGHT = 10

export function layered(sizes: readonly Size[], arcs: readonly Arc[], columnGap: number, rowGap: number): Layered {
  const forward = withoutCycles(sizes.length, arcs)
  const layer = layersOf(sizes.length, forward)
  const graph = withBends(sizes, forward, layer)
  const rows = ordered(graph)
  const centre = centred(graph, rows, rowGap)
  return placed(sizes, graph, centre, columnGap)
}

/** Arcs that close a cycle are turned round; a run cannot wait for itself, but a record may say so. */
function withoutCycles(count: number, arcs: readonly Arc[]): Arc[] {
  const out = listsOf(count, arcs, ({ from }) => from)
  const state = new Uint8Array(count)
  const turned = new Set<number>()
  for (let root = 0; root < count; root++) {
    if (state[root]! > 0) continue
    const path = [{ at: root, next: 0 }]
    state[root] = 1
    for (let step = path.at(-1); step; step = path.at(-1)) {
      const edge = out[step.at]![step.next++]
      if (edge === undefined) {
        state[step.at] = 2
        path.pop()
        continue
      }
      const { to } = arcs[edge]!
      if (state[to] === 1) turned.add(edge)
      else if (state[to] === 0) {
        state[to] = 1
        path.push({ at: to, next: 0 })
      }
    }
  }
  return arcs.map((arc, i) => (turned.has(i) ? { from: arc.to, to: arc.from } : arc))
}

/** Longest way from a beginning; then beginnings move as near as they can to what takes from them. */
function layersOf(count: number, arcs: readonly Arc[]): Int32Array {
  const layer = new Int32Array(count)
  const missing = new Int32Array(count)
  for (const { to } of arcs) missing[to]!++
  const isBeginning = missing.map((n) => (n === 0 ? 1 : 0))
  const out = listsOf(count, arcs, ({ from }) => from)
  const queue: number[] = []
  for (let i = 0; i < count; i++) if (missing[i] === 0) queue.push(i)
  for (let at = 0; at < queue.length; at++) {
    for (const arc of out[queue[at]!]!) {
      const { to } = arcs[arc]!
      layer[to] = Math.max(layer[to]!, layer[queue[at]!]! + 1)
      if (--missing[to]! === 0) queue.push(to)
    }
  }
  for (let i = 0; i < count; i++) {
    if (isBeginning[i] === 0 || out[i]!.length === 0) continue
    layer[i] = out[i]!.reduce((least, arc) => Math.min(least, layer[arcs[arc]!.to]! - 1), Infinity)
  }
  return layer
}

function listsOf(count: number, arcs: readonly Arc[], end: (arc: Arc) => number): number[][] {
  const lists = Array.from({ length: count }, (): number[] => [])
  for (let i = 0; i < arcs.length; i++) lists[end(arcs[i]!)]!.push(i)
  return lists
}

/** Boxes, then the places of edges between them: what stands in layers. */
interface Graph {
  readonly boxes: number
  readonly layers: number
  readonly layer: Int32Array
  readonly heights: Float32Array
  readonly before: readonly number[][]
  readonly after: readonly number[][]
  /** Of each arc: the first of its places, and how many. */
  readonly firstBend: Int32Array
  readonly bends: Int32Array
}

function withBends(sizes: readonly Size[], arcs: readonly Arc[], layerOf: Int32Array): Graph {
  const layers: number[] = [...layerOf]
  const before = sizes.map((): number[] => [])
  const after = sizes.map((): number[] => [])
  const firstBend = new Int32Array(arcs.length)
  const bends = new Int32Array(arcs.length)
  const join = (from: number, to: number): void => {
    after[from]!.push(to)
    before[to]!.push(from)
  }
  arcs.forEach(({ from, to }, i) => {
    const between = layerOf[to]! - layerOf[from]! - 1
    if (layers.length - sizes.length + between > MOST_BENDS) return
    firstBend[i] = layers.length
    bends[i] = Math.max(0, between)
    let last = from
    for (let k = 1; k <= between; k++) {
      const place = layers.push(layerOf[from]! + k) - 1
      before.push([])
      after.push([])
      join(last, place)
      last = place
    }
    join(last, to)
  })
  const heights = Float32Array.from(layers, (_, i) => sizes[i]?.height ?? BEND_HEIGHT)
  return { boxes: sizes.length, layers: layers.reduce((most, layer) => Math.max(most, layer + 1), 0), layer: Int32Array.from(layers), heights, before, after, firstBend, bends }
}

/** The order within each layer: by the mean place of the neighbours in the layer before, then after, and so on. */
function ordered(graph: Graph): number[][] {
  const rows = Array.from({ length: graph.layers }, (): number[] => [])
  for (let i = 0; i < graph.layer.length; i++) rows[graph.layer[i]!]!.push(i)
  const place = new Float64Array(graph.layer.length)
  const number = (row: readonly number[]): void => row.forEach((at, i) => void (place[at] = (i + 0.5) / row.length))
  rows.forEach(number)
  const key = new Float64Array(graph.layer.length)
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const [order, near] = sweep % 2 === 0 ? [rows, graph.before] : [rows.toReversed(), graph.after]
    for (const row of order) {
      for (const at of row) key[at] = mean(near[at]!, place) ?? place[at]!
      row.sort((a, b) => key[a]! - key[b]! || place[a]! - place[b]!)
      number(row)
    }
  }
  return rows
}

function mean(near: readonly number[], place: Float64Array): number | undefined {
  if (near.length === 0) return undefined
  let sum = 0
  for (const at of near) sum += place[at]!
  return sum / near.length
}

/** Heights of the middles: as near to the neighbours' as the order and the gaps allow. */
function centred(graph: Graph, rows: readonly number[][], gap: number): Float64Array {
  const centre = new Float64Array(graph.layer.length)
  for (const row of rows) settle(row, graph.heights, gap, centre)
  for (let pass = 0; pass < 6; pass++) {
    const [order, near] = pass % 2 === 0 ? [rows, graph.before] : [rows.toReversed(), graph.after]
    for (const row of order) {
      for (const at of row) centre[at] = mean(near[at]!, centre) ?? centre[at]!
      settle(row, graph.heights, gap, centre)
    }
  }
  return centre
}

/** The nearest places to those wished that keep the order and the gaps: blocks that collide move as one (isotonic regression). */
function settle(row: readonly number[], heights: Float32Array, gap: number, centre: Float64Array): void {
  const blocks: { sum: number; size: number }[] = []
  const offsets: number[] = []
  let offset = 0
  row.forEach((at, i) => {
    if (i > 0) offset += (heights[row[i - 1]!]! + heights[at]!) / 2 + gap
    offsets.push(offset)
    let block = { sum: centre[at]! - offset, size: 1 }
    for (let last = blocks.at(-1); last && last.sum / last.size > block.sum / block.size; last = blocks.at(-1)) {
      blocks.pop()
      block = { sum: last.sum + block.sum, size: last.size + block.size }
    }
    blocks.push(block)
  })
  let i = 0
  for (const { sum, size } of blocks) for (let k = 0; k < size; k++, i++) centre[row[i]!] = sum / size + offsets[i]!
}

function placed(sizes: readonly Size[], graph: Graph, centre: Float64Array, columnGap: number): Layered {
  const widest = new Float64Array(graph.layers)
  let top = Infinity
  let bottom = -Infinity
  sizes.forEach(({ width, height }, i) => {
    widest[graph.layer[i]!] = Math.max(widest[graph.layer[i]!]!, width)
    top = Math.min(top, centre[i]! - height / 2)
    bottom = Math.max(bottom, centre[i]! + height / 2)
  })
  for (let i = sizes.length; i < centre.length; i++) {
    top = Math.min(top, centre[i]!)
    bottom = Math.max(bottom, centre[i]!)
  }
  const left = new Float64Array(graph.layers)
  for (let i = 1; i < graph.layers; i++) left[i] = left[i - 1]! + widest[i - 1]! + columnGap
  const last = graph.layers - 1
  return {
    layer: graph.layer.slice(0, sizes.length),
    // Boxes narrower than their column stand in its middle.
    x: Float32Array.from(sizes, ({ width }, i) => left[graph.layer[i]!]! + (widest[graph.layer[i]!]! - width) / 2),
    y: Float32Array.from(sizes, ({ height }, i) => centre[i]! - height / 2 - top),
    width: last < 0 ? 0 : left[last]! + widest[last]!,
    height: sizes.length === 0 ? 0 : bottom - top,
    bends: Array.from(graph.firstBend, (first, i) =>
      Array.from({ length: graph.bends[i]! }, (_, k) => {
        const column = graph.layer[first + k]!
        const y = centre[first + k]! - top
        return [left[column]!, y, left[column]! + widest[column]!, y]
      }).flat(),
    ),
  }
}
