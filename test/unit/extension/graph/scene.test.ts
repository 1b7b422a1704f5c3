import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { itemAt } from '../../../../extension/src/graph/hit.ts'
import { mirrorRows } from '../../../../extension/src/graph/mirror.ts'
import { minimapOf, minimapSteps, minimapTarget } from '../../../../extension/src/graph/minimap.ts'
import { itemPlace, sceneOf, seen } from '../../../../extension/src/graph/scene.ts'
import type { Subject } from '../../../../extension/src/graph/scene.ts'
import { NOTHING } from '../../../../extension/src/graph/steps.ts'
import type { BoxStep, CellsStep, CurveStep, Step } from '../../../../extension/src/graph/steps.ts'
import { svgOf } from '../../../../extension/src/graph/svg-text.ts'
import { taskLines } from '../../../../extension/src/graph/words.ts'
import { stateNames } from '../../../../kernel/cluster/record/read.ts'
import { nodeSpecs, play, runFacts, samples } from '../../cluster/sample-runs.ts'
import { none, numbersIn, subjectOf, textsOf, upstream, viewOf } from './subject.ts'

const names = Object.keys(samples)
const [RUNNING, FAILED, SUCCEEDED] = [stateNames.indexOf('running'), stateNames.indexOf('failed'), stateNames.indexOf('succeeded')]
const cellsOf = (steps: readonly Step[]) => steps.filter((step): step is CellsStep => step.kind === 'cells')
const filledWith = (steps: readonly Step[], fill: string) => steps.filter((step): step is BoxStep => step.kind === 'box' && step.fill === fill)

describe('A scene', () => {
  test('of every sample, seen from anywhere at any time, is of finite numbers', () => {
    fc.assert(fc.property(fc.constantFrom(...names), fc.double({ min: -2, max: 2, noNaN: true }), fc.double({ min: -2, max: 2, noNaN: true }), fc.integer({ min: -8, max: 7 }), fc.nat(3000), fc.nat(12_000), (name, dx, dy, zoom, time, task) => {
      const subject = subjectOf(samples[name]!(), { selection: { kind: 'task', task }, hover: { kind: 'group', run: 1 } }, time)
      const view = viewOf(subject)
      const camera = { scale: view.camera.scale * 2 ** zoom, x: dx * subject.layout.width, y: dy * subject.layout.height }
      const steps = [...sceneOf(subject, { ...view, camera }), ...minimapSteps(subject, { ...view, camera })]
      expect(steps.every((step) => numbersIn(step).every(Number.isFinite))).toBe(true)
      // What is out of the view is left out: no zoom shows more than a view can hold.
      expect(steps.length).toBeLessThan(20_000)
    }), { numRuns: 60 })
  })

  test('of few tasks names each of them, its duration and its error', () => {
    const subject = subjectOf(samples['hostile names']!())
    const texts = textsOf(sceneOf(subject, viewOf(subject)))
    expect(texts.filter((text) => /\[\d+\]$/.test(text))).toHaveLength(12)
    expect(texts).toContain('TypeError')
    expect(texts.filter((text) => text === '100 ms')).toHaveLength(11)
  })

  test('shows one failure among a hundred thousand, and says what it was', () => {
    const record = play({ facts: runFacts({ count: 100_000, nodes: nodeSpecs(8, 8) }), duration: () => 4, throws: (index) => index === 70_001 }).record(60_000)
    const subject = subjectOf(record)
    const view = viewOf(subject)
    const steps = sceneOf(subject, view)
    const [cells] = cellsOf(steps)
    expect(cells!.pitch).toBeGreaterThanOrEqual(1.5)
    expect([...cells!.codes].filter((code) => code === FAILED)).toHaveLength(1)
    const mark = filledWith(steps, 'failed').find(({ boxes }) => boxes.length === 4)!
    expect(mark.boxes[2]).toBeGreaterThanOrEqual(4.9)
    expect(textsOf(steps)).toContain('TypeError')
    // It is what a pointer finds there.
    expect(itemAt(subject.layout, view, subject.moment.states, mark.boxes[0]! + 4, mark.boxes[1]! + 1)).toEqual({ kind: 'task', task: 70_001 })
  })

  test('paints as many cells as there are tasks where each has a place of its own', () => {
    const subject = subjectOf(samples['a thousand tasks that lose a node']!(), {}, 900)
    const view = viewOf(subject, 500, 200)
    const [cells] = cellsOf(sceneOf(subject, view))
    const shown = [...cells!.codes].filter((code) => code !== NOTHING)
    expect(shown).toHaveLength(1000)
    expect(shown.filter((code) => code === RUNNING)).toHaveLength(subject.moment.counts.running)
    expect(shown.filter((code) => code === SUCCEEDED)).toHaveLength(subject.moment.counts.succeeded)
  })

  test('fades what a filter leaves out', () => {
    const record = samples['a thousand tasks that lose a node']!()
    const kept = new Uint8Array(1000)
    kept[17] = 1
    const subject = subjectOf(record, { matches: { kept, count: 1 } })
    const [cells] = cellsOf(sceneOf(subject, viewOf(subject, 500, 200)))
    const strong = [...cells!.codes].filter((code) => code !== NOTHING && cells!.colours[code]!.alpha > 0.5)
    expect(strong).toHaveLength(1)
  })

  test('joins a skipped task to the failure that it goes back to', () => {
    const record = samples['a failed run with skipped followers']!()
    const skipped = subjectOf(record).moment.states as ArrayLike<number>
    const task = Array.from(skipped).lastIndexOf(stateNames.indexOf('skipped'))
    const subject = subjectOf(record, { selection: { kind: 'task', task } })
    const view = viewOf(subject)
    const link = sceneOf(subject, view).find((step): step is CurveStep => step.kind === 'curve' && step.dash !== undefined)!
    const root = seen(view, itemPlace(subject.layout, { kind: 'task', task: 4 })!)
    expect(link.curves[0]!.slice(0, 2)).toEqual([root.x + root.width, root.y + root.height / 2])
    expect(taskLines(subject, task)).toContain('because total[4] failed')
  })

  test('marks the critical path, and leaves it out when asked', () => {
    const record = samples['a reduction of 8,192 leaves']!()
    expect(record.criticalPath.length).toBeGreaterThan(3)
    const critical = (shown: boolean) => {
      const subject = subjectOf(record, { critical: shown })
      return sceneOf(subject, viewOf(subject)).filter((step) => step.kind !== 'cells' && step.stroke === 'critical')
    }
    const rim = critical(true).find((step) => step.kind === 'box')!
    expect(rim.boxes).toHaveLength(4 * record.criticalPath.length)
    expect(critical(false)).toEqual([])
  })

  test('of a record that claims nonsense is drawn all the same', () => {
    const record = samples['a failed run with skipped followers']!()
    const absurd = Array.from({ length: 40 }, (_, i) => upstream(i + 2, [{ how: 'all', on: ((i + 1) % 40) + 2 }, { how: 'tasks', on: i, tasks: [1e15] }]))
    const hostile = { ...record, run: { ...record.run, id: 1e15, count: 2 ** 53 - 1, name: '\u202e<script>'.repeat(200) }, counts: { ...none, waiting: 2 ** 53 - 1 }, upstream: absurd, criticalPath: [1e9, 3, 3, 0], dependencies: [{ how: 'tree' as const, leaves: 2 ** 50, on: 5 }] }
    for (const selection of [{ kind: 'task', task: 2 ** 50 }, { kind: 'group', run: -1 }, { kind: 'task', task: 22 }] as const) {
      const subject = subjectOf(hostile, { selection, hover: selection })
      const steps = sceneOf(subject, viewOf(subject))
      expect(steps.every((step) => numbersIn(step).every(Number.isFinite))).toBe(true)
      expect(textsOf(steps).every((text) => !text.includes('\u202e') && text.length < 400)).toBe(true)
    }
  })
})

describe('A point of the view', () => {
  test('finds the task or group that is drawn there', () => {
    fc.assert(fc.property(fc.constantFrom(...names.filter((name) => name !== 'no tasks')), fc.double({ min: 0, max: 0.999, noNaN: true }), (name, part) => {
      const subject = subjectOf(samples[name]!())
      const { layout, moment } = subject
      const view = viewOf(subject, 1400, 700)
      const near = { ...view, camera: { ...view.camera, scale: 400 / layout.tasks!.blocks[0]!.cellHeight } }
      const task = Math.floor(part * layout.tasks!.length)
      const at = itemPlace(layout, { kind: 'task', task })!
      const moved = { ...near, camera: { ...near.camera, x: at.x - 200 / near.camera.scale, y: at.y - 200 / near.camera.scale } }
      expect(itemAt(layout, moved, moment.states, 201, 201)).toEqual({ kind: 'task', task })
      expect(itemAt(layout, view, moment.states, 2, 2)).toBeUndefined()
    }), { numRuns: 60 })
  })
})

describe('The minimap', () => {
  const subject = subjectOf(samples['a thousand tasks that lose a node']!())
  const view = viewOf(subject)

  test('is there only while more is hidden than seen', () => {
    expect(minimapOf(subject, view)).toBeUndefined()
    expect(minimapOf(subject, { ...view, camera: { ...view.camera, scale: 5 } })).toBeDefined()
  })

  test('moves what it shows at a point to the middle of the view', () => {
    const near = { ...view, camera: { x: 0, y: 0, scale: 5 } }
    const map = minimapOf(subject, near)!
    const camera = minimapTarget(map, near.camera, near, map.box.x + map.box.width / 2, map.box.y + map.box.height / 2, false)!
    expect(camera.x + view.width / 10).toBeCloseTo(subject.layout.width / 2, 3)
    expect(minimapTarget(map, near.camera, near, 5, 5, false)).toBeUndefined()
  })
})

describe('The mirror', () => {
  const mirror = (selection: Subject['selection'], tasks: number | undefined, groups = 3) =>
    mirrorRows({ groups, tasks, selection, groupItem: (row) => ({ kind: 'group', run: row + 1 }), groupText: (row) => `group ${row}`, taskText: (task) => `task ${task}` })

  test('lists the groups, and the tasks around the one that is selected', () => {
    const rows = mirror({ kind: 'task', task: 500 }, 1000)
    expect(rows.length).toBe(203)
    expect(rows.filter(({ selected }) => selected).map(({ text, position, size, level }) => [text, position, size, level])).toEqual([['task 500', 501, 1000, 2]])
    expect(rows[0]).toMatchObject({ level: 1, expanded: true })
    expect(mirror({ kind: 'group', run: 2 }, undefined).map(({ text, selected }) => [text, selected])).toEqual([['group 0', false], ['group 1', true], ['group 2', false]])
  })

  test('stays small however much there is', () => {
    expect(mirror({ kind: 'group', run: 900 }, 1e6, 1001).length).toBeLessThan(420)
    expect(mirror({ kind: 'group', run: 900 }, 1e6, 1001).some(({ selected }) => selected)).toBe(true)
  })
})

describe('The SVG of a scene', () => {
  test('holds names as text only, and no definitions or scripts', () => {
    const subject = subjectOf(samples['hostile names']!())
    const view = viewOf(subject)
    const svg = svgOf(sceneOf(subject, view), view.width, view.height, '"A & B", sans-serif', '#fff')
    expect(svg).toMatch(/^<svg [^>]*>.*<\/svg>$/s)
    expect(svg).not.toMatch(/<(?!\/?(svg|rect|path|circle|text)\b)/)
    expect(svg).not.toMatch(/[\u0000-\u0008\u202e\ufffe]|NaN|undefined/)
    expect(svg).toContain('&#60;i')
  })

  test('of a hundred thousand tasks is of bounded size', () => {
    const subject = subjectOf(samples['a hundred thousand tasks']!(), {}, 300)
    const view = viewOf(subject)
    expect(svgOf(sceneOf(subject, view), view.width, view.height, 'sans-serif', '#fff').length).toBeLessThan(1_000_000)
  })
})
