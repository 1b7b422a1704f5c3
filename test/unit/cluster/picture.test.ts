import { createCanvas, GlobalFonts, loadImage } from '@napi-rs/canvas'
import type { Canvas } from '@napi-rs/canvas'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Density } from '../../../kernel/cluster/view/picture-bars.ts'
import { encodePng } from '../../../kernel/cluster/view/picture-png.ts'
import { layoutRows } from '../../../kernel/cluster/view/picture-rows.ts'
import { colours, FAMILY, ink } from '../../../kernel/cluster/view/picture-style.ts'
import type { Pen } from '../../../kernel/cluster/view/picture-style.ts'
import { drawPicture, PICTURE_WIDTH, pictureSize } from '../../../kernel/cluster/view/picture.ts'
import { validateRecord } from '../../../kernel/cluster/record/check.ts'
import type { RunRecord } from '../../../kernel/cluster/record/types.ts'
import { RunRecorder } from '../../../kernel/cluster/record/recorder.ts'
import { summarize } from '../../../kernel/cluster/view/summary.ts'
import { nodeSpecs, runFacts, samples, T0 } from './sample-runs.ts'

for (const style of ['Regular', 'Medium', 'Bold']) {
  GlobalFonts.registerFromPath(new URL(`../../../node_modules/roboto-fontface/fonts/roboto/Roboto-${style}.woff2`, import.meta.url).pathname, FAMILY)
}

interface Written {
  readonly text: string
  readonly left: number
  readonly right: number
  readonly baseline: number
}

/** Draws with a real pen; says what text came out where. */
function draw(record: RunRecord, density = 1): { canvas: Canvas; texts: Written[] } {
  const { width, height } = pictureSize(record)
  const canvas = createCanvas(width * density, height * density)
  const pen = canvas.getContext('2d')
  pen.scale(density, density)
  const texts: Written[] = []
  const fillText = pen.fillText.bind(pen)
  pen.fillText = (text: string, x: number, y: number) => {
    const { width } = pen.measureText(text)
    const left = pen.textAlign === 'right' ? x - width : pen.textAlign === 'center' ? x - width / 2 : x
    texts.push({ text, left, right: left + width, baseline: y })
    fillText(text, x, y)
  }
  drawPicture(pen as unknown as Pen, record)
  return { canvas, texts }
}

const textOf = (record: RunRecord) => draw(record).texts.map(({ text }) => text).join('\n')
const exact = [...Object.values(ink), ...Object.values(colours)]

function pixelsOf(canvas: Canvas): Map<string, number> {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
  const words = new Uint32Array(data.buffer, data.byteOffset, data.length / 4)
  const counts = new Map<number, number>()
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1)
  const hex = (word: number) => `#${[0, 8, 16].map((shift) => ((word >>> shift) & 255).toString(16).padStart(2, '0')).join('')}`
  return new Map([...counts].filter(([word]) => word >>> 24 === 255).map(([word, count]) => [hex(word), count]))
}

describe('a picture', () => {
  it.each(Object.keys(samples))('of %s is a card with something on it, its text inside and nowhere on top of other text', (name) => {
    const record = samples[name]!()
    const { canvas, texts } = draw(record)
    expect(canvas.width).toBe(PICTURE_WIDTH)
    expect(canvas.height).toBeGreaterThan(220)
    expect(canvas.height).toBeLessThan(660)
    const pixels = pixelsOf(canvas)
    expect(pixels.size).toBeGreaterThan(40)
    expect(pixels.get(ink.card)!).toBeLessThan(0.97 * canvas.width * canvas.height)
    for (const [i, a] of texts.entries()) {
      expect(a.left, a.text).toBeGreaterThan(20)
      expect(a.right, a.text).toBeLessThan(PICTURE_WIDTH - 20)
      expect(a.baseline, a.text).toBeLessThan(canvas.height - 12)
      for (const b of texts.slice(i + 1)) {
        const overlap = Math.abs(a.baseline - b.baseline) < 8 && a.left < b.right - 0.5 && b.left < a.right - 0.5
        expect(overlap, `${a.text} / ${b.text}`).toBe(false)
      }
    }
  })

  it('comes out the same for the same record', () => {
    const png = () => {
      const { canvas } = draw(samples['twelve tasks in progress']!(), 2)
      return Buffer.from(encodePng(canvas.data(), canvas.width, canvas.height, exact))
    }
    expect(png().equals(png())).toBe(true)
  })

  it.each([
    ['twelve tasks in progress', ['delays', 'running, as of 2.3 s', '9', '3', '1 attempt retried or lost', 'retried or lost', '2 × 2']],
    ['a thousand tasks that lose a node', ['months', 'flights', 'airports', '× 1,000', 'lost at 1.9 s', 'node lost']],
    ['a failed run with skipped followers', ['total[4] on node-3, attempt 2: TypeError: Cannot read properties', '4 tasks skipped behind it', '23 tasks in a reduction tree']],
    ['a thousand nodes', ['node-614', 'and 993 more', '3,972 slots', 'paler: partly busy']],
    ['no nodes', ['No node has joined yet.', 'ready, as of 2 s']],
  ])('of %s says what happened', (name, words) => {
    const text = textOf(samples[name]!())
    for (const word of words) expect(text).toContain(word)
  })

  it('shows each state in a colour of its own, and every kind of attempt', () => {
    const pixels = pixelsOf(draw(samples['a failed run with skipped followers']!()).canvas)
    for (const state of ['succeeded', 'failed'] as const) expect(pixels.get(colours[state]) ?? 0, state).toBeGreaterThan(500)
    expect(new Set(Object.values(colours)).size).toBe(Object.keys(colours).length)
  })

  it('gives a lane as much colour as its slot was busy', () => {
    const green = (share: number) => {
      const recorder = new RunRecorder(runFacts({ count: 1, kind: 'single', nodes: nodeSpecs(1, 1) }))
      recorder.started([0], [1], 'node-1', 0, T0)
      recorder.finished(0, 1, 'node-1', 0, T0 + 1000 * (1 - share), T0 + 1000, true)
      return pixelsOf(draw(recorder.snapshot(T0 + 1000)).canvas).get(colours.succeeded)!
    }
    const [whole, half, quarter] = [green(1), green(0.5), green(0.25)]
    expect(whole - half).toBeGreaterThan(4000)
    expect(Math.abs((whole - half) / (half - quarter) - 2)).toBeLessThan(0.05)
  })

  it('shows hostile names without what would disturb it, and elides them', () => {
    const { texts } = draw(samples['hostile names']!())
    for (const { text } of texts) expect(text).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]|\p{M}{4}/u)
    expect(texts.some(({ text }) => text.endsWith('…'))).toBe(true)
  })

  it('shows only the first of a slot\'s queue as running', () => {
    const recorder = new RunRecorder(runFacts({ count: 3, nodes: nodeSpecs(1, 1) }))
    recorder.started([0], [1], 'node-1', 0, T0)
    recorder.started([1, 2], [1, 1], 'node-1', 0, T0 + 10)
    recorder.finished(0, 1, 'node-1', 0, T0, T0 + 50, true)
    const pixels = pixelsOf(draw(recorder.snapshot(T0 + 100)).canvas)
    const [done, running] = [pixels.get(colours.succeeded)!, pixels.get(colours.running)!]
    expect(Math.abs(done - running) / done).toBeLessThan(0.5)
  })

  it('can be drawn of whatever the schema lets through', () => {
    const texts = Object.keys(samples).filter((name) => !name.includes('thousand') && !name.includes('8,192')).map((name) => JSON.stringify(samples[name]!()))
    const odd = fc.constantFrom<unknown>(0, 1, 7, 0.1, 1e14, 99_999, 2 ** 40, '', 'x'.repeat(300), '\u202e\u0000', [], {}, undefined)
    let drawn = 0
    fc.assert(fc.property(fc.constantFrom(...texts), fc.array(fc.tuple(fc.nat(), fc.nat(), fc.nat()), { minLength: 1, maxLength: 4 }), odd, (text, places, value) => {
      const record = JSON.parse(text) as RunRecord
      for (const place of places) change(record, place, value)
      const checked = validateRecord(record)
      if (!checked.ok) return
      drawn++
      drawPicture(blindPen, checked.record)
      expect(summarize(checked.record).split('\n').length).toBeLessThanOrEqual(25)
    }), { numRuns: 600 })
    expect(drawn).toBeGreaterThan(100)
  })
})

/** Puts `value` at a place up to three levels deep. */
function change(record: RunRecord, place: readonly number[], value: unknown): void {
  let at = record as unknown as Record<string, unknown>
  for (const step of place) {
    const key = Object.keys(at)[step % Math.max(1, Object.keys(at).length)]
    if (key === undefined) return
    const next = at[key]
    if (typeof next !== 'object' || next === null || step === place.at(-1)) {
      at[key] = value
      return
    }
    at = next as Record<string, unknown>
  }
}

const nothing = () => {}
const blindPen: Pen = {
  fillStyle: '', strokeStyle: '', lineWidth: 1, lineCap: '', lineJoin: '', font: '', textAlign: '', textBaseline: '', globalAlpha: 1,
  beginPath: nothing, closePath: nothing, moveTo: nothing, lineTo: nothing, bezierCurveTo: nothing, arc: nothing, rect: nothing, roundRect: nothing,
  fill: nothing, stroke: nothing, clip: nothing, fillRect: nothing, fillText: nothing, save: nothing, restore: nothing, setLineDash: nothing,
  measureText: (text) => ({ width: 6 * text.length }),
}

describe('a PNG', () => {
  it('has the pixels of the drawing, its flat colours to the bit and its corners clear', async () => {
    const { canvas } = draw(samples['a failed run with skipped followers']!(), 2)
    const png = encodePng(canvas.data(), canvas.width, canvas.height, exact)
    const image = await loadImage(Buffer.from(png))
    expect([image.width, image.height]).toEqual([canvas.width, canvas.height])
    const back = createCanvas(image.width, image.height)
    const pen = back.getContext('2d')
    pen.drawImage(image, 0, 0)
    const was = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data
    const is = pen.getImageData(0, 0, canvas.width, canvas.height).data
    let worst = 0
    let differing = 0
    let sum = 0
    for (let i = 0; i < was.length; i++) {
      const difference = Math.abs(was[i]! - is[i]!)
      worst = Math.max(worst, was[i | 3] === 255 ? difference : 0)
      if (difference > 0) differing++
      sum += difference
    }
    expect(worst).toBeLessThan(40)
    expect(sum / was.length).toBeLessThan(0.1)
    expect(differing / was.length).toBeLessThan(0.05)
    expect(is[3]).toBe(0)
    // What the corners' edges are made of is the border's grey, not a shadow.
    for (let i = 0; i < is.length; i += 4) if (is[i + 3]! > 24 && is[i + 3]! < 255) expect(Math.min(is[i]!, is[i + 1]!, is[i + 2]!)).toBeGreaterThan(170)
    expect(pixelsOf(back).get(colours.failed)).toBeGreaterThanOrEqual(pixelsOf(canvas).get(colours.failed)!)
  })
})

describe('density', () => {
  it('holds as much as was added, wherever it lies', () => {
    const bar = fc.tuple(fc.double({ min: 0, max: 20, noNaN: true }), fc.double({ min: 0, max: 20, noNaN: true }))
    fc.assert(fc.property(fc.array(bar, { maxLength: 40 }), (bars) => {
      const density = new Density(20)
      const slow = new Float64Array(20)
      for (const [a, b] of bars) {
        const [from, to] = [Math.min(a, b), Math.max(a, b)]
        density.add('succeeded', from, to)
        for (let cell = 0; cell < 20; cell++) slow[cell]! += Math.max(0, Math.min(to, cell + 1) - Math.max(from, cell))
      }
      const { busy } = density.read()
      for (let cell = 0; cell < 20; cell++) expect(Math.abs(busy[cell]! - slow[cell]!)).toBeLessThan(0.02)
    }))
  })

  it('shows trouble where it is a fair part of a cell', () => {
    const density = new Density(3)
    density.add('succeeded', 0, 3)
    density.add('failed', 1.1, 1.6)
    expect(density.read().kind).toEqual(['succeeded', 'failed', 'succeeded'])
  })
})

describe('rows', () => {
  it('are at most twelve, fit their room and leave no node out', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 0, max: 200 }), fc.nat(), (nodes, slots, lost) => {
      const recorder = new RunRecorder(runFacts({ nodes: nodeSpecs(nodes, slots) }))
      recorder.nodeLost(`node-${1 + (lost % nodes)}`, T0 + 1, 'gone')
      const { rows, height } = layoutRows(recorder.snapshot(T0 + 2), 256)
      expect(rows.length).toBeLessThanOrEqual(12)
      expect(height).toBeLessThanOrEqual(280)
      expect(rows.flatMap((row) => row.nodes).sort((a, b) => a - b)).toEqual(Array.from({ length: nodes }, (_, i) => i))
      expect(rows.some((row) => row.nodes.length === 1 && row.nodes[0] === lost % nodes)).toBe(true)
      for (const row of rows) expect(row.laneHeight * row.lanes).toBeLessThanOrEqual(row.height)
    }), { numRuns: 60 })
  })
})
