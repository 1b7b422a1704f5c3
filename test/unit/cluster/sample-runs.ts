import type { NodeSpec, StateName } from '../../../kernel/scheduler/index.ts'
import { RunRecorder } from '../../../kernel/cluster/record/recorder.ts'
import type { RunFacts } from '../../../kernel/cluster/record/facts.ts'
import { reductionTree } from '../../../kernel/cluster/reduction.ts'
import { stateNames } from '../../../kernel/cluster/record/read.ts'
import type { RunRecord } from '../../../kernel/cluster/record/types.ts'

/** The kernel's clock when the sample runs are declared. */
export const T0 = 1_000_000

/** Numbers in [0, 1), the same for the same seed (mulberry32 by Tommy Ettinger, public domain). */
export function randomNumbers(seed: number): () => number {
  let a = seed
  return () => {
    a = (a + 0x6d2b79f5) | 0
    let t = Math.imul(a ^ (a >>> 15), 1 | a)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

/** The scheduler's numbers of states. */
export function statesOf(names: readonly StateName[]): number[] {
  return names.map((name) => stateNames.indexOf(name))
}

export function nodeSpecs(count: number, slots: number): NodeSpec[] {
  return Array.from({ length: count }, (_, i) => ({
    id: `node-${i + 1}`, slots, resources: { cpu: slots, memory: 8 * 2 ** 30 }, labels: {}, speed: 1,
  }))
}

export function runFacts(facts: Partial<RunFacts> = {}): RunFacts {
  return {
    id: 1, uid: '0123456789abcdef', name: 'delays', kind: 'each', count: 12, seed: 7, dependencies: [], time: T0, date: 1_790_000_000_000, nodes: nodeSpecs(2, 2),
    cell: 'a1b2c3d4', execution: 3,
    options: { priority: 0, request: { cpu: 1 }, retries: 2, backoff: 100, replicas: 1, mode: 'async' },
    environment: { node: '20.20.2', sluice: '0.1.0', platform: 'linux-x64', backend: 'local', policy: 'locality' },
    ...facts,
  }
}

interface Scenario {
  readonly facts: RunFacts
  /** Ms that an attempt of a task takes. */
  readonly duration: (index: number, attempt: number) => number
  /** Whether that attempt throws. */
  readonly throws?: (index: number, attempt: number) => boolean
  /** Which node is lost, when (ms since the declaration). */
  readonly loses?: { readonly node: string; readonly at: number }
  /** When to stop looking, ms since the declaration; absent: at the end. */
  readonly until?: number
  readonly inputs?: Int32Array
  /** How much of a core a busy slot uses. */
  readonly load?: number
}

interface Played {
  readonly recorder: RunRecorder
  /** What is known `at` ms after the declaration. */
  record(at: number, recorders?: ReadonlyMap<number, RunRecorder>): RunRecord
}

/** Plays a run with the plainest list scheduling there is, and tells a recorder. */
export function play(scenario: Scenario): Played {
  const { facts } = scenario
  const recorder = new RunRecorder(facts)
  const end = T0 + (scenario.until ?? Infinity)
  const waitingFor = new Map<number, number[]>()
  const missing = new Int32Array(facts.count)
  scenario.inputs?.forEach((input, k) => {
    if (input >= 0) return
    missing[k >> 1]!++
    waitingFor.set(-1 - input, [...(waitingFor.get(-1 - input) ?? []), k >> 1])
  })
  const ready: { index: number; time: number }[] = []
  let nextReady = 0
  const state = new Array<StateName>(facts.count).fill('waiting')
  const makeReady = (index: number, time: number) => {
    ready.push({ index, time })
    state[index] = 'ready'
  }
  for (let i = 0; i < facts.count; i++) if (missing[i] === 0) makeReady(i, T0)

  const slots = facts.nodes.flatMap((node) => Array.from({ length: node.slots }, (_, slot) => ({ node: node.id, slot, free: T0 })))
  const attempts = new Uint16Array(facts.count)
  const inputsThere = new Float64Array(facts.count)
  const loss = scenario.loses && { ...scenario.loses, at: T0 + scenario.loses.at }
  let now = T0
  while (nextReady < ready.length) {
    let best = slots[0]!
    for (const slot of slots) if (slot.free < best.free) best = slot
    const { index, time } = ready[nextReady]!
    const began = Math.max(best.free, time)
    if (began >= end) break
    if (loss && best.node === loss.node && began >= loss.at) {
      best.free = Infinity
      continue
    }
    nextReady++
    const attempt = ++attempts[index]!
    const ended = began + scenario.duration(index, attempt)
    recorder.started([index], [attempt], best.node, best.slot, began)
    if (loss && best.node === loss.node && ended > loss.at) {
      recorder.attemptEnded(index, attempt, best.node, best.slot, loss.at, 'node-lost', began)
      best.free = Infinity
      makeReady(index, loss.at)
      continue
    }
    best.free = ended
    if (ended > end) {
      state[index] = 'running'
      continue
    }
    now = Math.max(now, ended)
    if (!scenario.throws?.(index, attempt)) {
      recorder.finished(index, attempt, best.node, best.slot, began, ended, true, 512)
      recorder.settled(index, 'succeeded', ended)
      state[index] = 'succeeded'
      for (const follower of waitingFor.get(index) ?? []) {
        inputsThere[follower] = Math.max(inputsThere[follower]!, ended)
        if (--missing[follower]! === 0) makeReady(follower, inputsThere[follower]!)
      }
      continue
    }
    recorder.finished(index, attempt, best.node, best.slot, began, ended, false)
    if (attempt <= facts.options.retries) {
      makeReady(index, ended + facts.options.backoff)
      continue
    }
    recorder.settled(index, 'failed', ended, {
      kind: 'threw', name: 'TypeError', message: `Cannot read properties of undefined (reading 'carrier')`,
      stack: `TypeError: Cannot read properties of undefined (reading 'carrier')\n    at summarise (Cell [2]:4:18)\n    at Cell [3]:2:8`,
      log: `reading part ${index}\nunexpected end of file\n`,
    })
    state[index] = 'failed'
    for (const follower of behind(index, waitingFor)) {
      recorder.settled(follower, 'skipped', ended, undefined, { run: facts.id, index })
      state[follower] = 'skipped'
    }
  }
  addLoad(recorder, facts, Math.min(now, end), scenario.load ?? 0.9, loss)
  if (loss) recorder.nodeLost(loss.node, loss.at, 'its process ended with signal SIGKILL')
  return { recorder, record: (at, recorders) => recorder.snapshot(T0 + at, { states: statesOf(state), ...(recorders && { recorders }) }) }
}

function behind(root: number, waitingFor: Map<number, number[]>): number[] {
  const found: number[] = []
  const queue = [...(waitingFor.get(root) ?? [])]
  for (let index = queue.pop(); index !== undefined; index = queue.pop()) {
    found.push(index)
    queue.push(...(waitingFor.get(index) ?? []))
  }
  return found
}

function addLoad(recorder: RunRecorder, facts: RunFacts, until: number, load: number, loss?: { node: string; at: number }): void {
  const random = randomNumbers(5)
  for (const node of facts.nodes) {
    let bytes = 0
    const step = Math.max(100, (until - T0) / 200)
    for (let time = T0; time < until; time += step) {
      if (loss?.node === node.id && time >= loss.at) break
      bytes += random() * 40_000
      const rise = Math.min(1, (time - T0 + 60) / 400)
      const cpu = node.slots * load * rise * (0.75 + 0.25 * random())
      recorder.sample({ node: node.id, cpu, memory: 2e8 + 1e8 * rise + 2e7 * random(), bytesIn: bytes, bytesOut: bytes / 3 }, time, node.slots)
    }
  }
}

const skewed = (random: () => number, mean: number) => mean * (0.35 + 0.9 * random() + (random() < 0.04 ? 2 * random() : 0))

const plays: Record<string, () => RunRecord> = {
  'twelve tasks in progress': () => {
    const random = randomNumbers(1)
    return play({ facts: runFacts(), duration: () => skewed(random, 900), throws: (index, attempt) => index === 3 && attempt === 1, until: 2300 }).record(2300)
  },
  'a thousand tasks that lose a node': () => {
    const random = randomNumbers(2)
    const upstream = new Map([
      [1, play({ facts: runFacts({ name: 'months', kind: 'single', count: 1 }), duration: () => 300 }).recorder],
      [2, play({ facts: runFacts({ id: 2, name: 'flights', count: 1000, nodes: nodeSpecs(4, 4), dependencies: [{ how: 'all', on: 1 }] }), duration: () => 20 }).recorder],
      [3, play({ facts: runFacts({ id: 3, name: 'airports', count: 320, nodes: nodeSpecs(4, 4) }), duration: () => 20 }).recorder],
    ])
    const played = play({
      facts: runFacts({ id: 4, name: 'delays by airport', count: 1000, nodes: nodeSpecs(4, 4), dependencies: [{ how: 'each', on: 2, stride: 1, count: 1000 }, { how: 'all', on: 3 }] }),
      duration: () => skewed(random, 60),
      throws: (index, attempt) => attempt === 1 && index % 37 === 5,
      loses: { node: 'node-3', at: 1900 },
    })
    return played.record(5000, upstream)
  },
  'a hundred thousand tasks': () => {
    const random = randomNumbers(3)
    return play({ facts: runFacts({ name: 'simulate', count: 100_000, nodes: nodeSpecs(8, 8) }), duration: () => skewed(random, 4), throws: (index, attempt) => attempt === 1 && index % 5003 === 17 }).record(20_000)
  },
  'a single task': () => play({ facts: runFacts({ name: 'model', kind: 'single', count: 1, nodes: nodeSpecs(1, 1) }), duration: () => 1234.5 }).record(1300),
  'a failed run with skipped followers': () => {
    const leaves = 24
    const upstream = new Map([[1, play({ facts: runFacts({ name: 'shards', count: leaves }), duration: () => 80 }).recorder]])
    return play({
      facts: runFacts({ id: 2, name: 'total', kind: 'reduce', count: leaves - 1, nodes: nodeSpecs(3, 2), dependencies: [{ how: 'tree', on: 1, leaves }], options: { ...runFacts().options, retries: 1 } }),
      duration: (index) => 180 + 40 * (index % 4),
      throws: (index) => index === 4,
      inputs: reductionTree(leaves).operands,
    }).record(1500, upstream)
  },
  'a reduction of 8,192 leaves': () => {
    const random = randomNumbers(4)
    const leaves = 8192
    const upstream = new Map([[1, play({ facts: runFacts({ name: 'partials', count: leaves, nodes: nodeSpecs(4, 4) }), duration: () => 2 }).recorder]])
    return play({
      facts: runFacts({ id: 2, name: 'merged', kind: 'reduce', count: leaves - 1, nodes: nodeSpecs(4, 4), dependencies: [{ how: 'tree', on: 1, leaves }] }),
      duration: (index) => skewed(random, 6 + index / 1200), inputs: reductionTree(leaves).operands,
    }).record(9000, upstream)
  },
  'a thousand nodes': () => {
    const random = randomNumbers(6)
    return play({ facts: runFacts({ name: 'sweep', count: 8_000, nodes: nodeSpecs(1000, 4) }), duration: () => skewed(random, 400), throws: (index, attempt) => attempt === 1 && index % 2003 === 17, loses: { node: 'node-614', at: 500 } }).record(4000)
  },
  'no tasks': () => new RunRecorder(runFacts({ name: 'nothing', count: 0 })).snapshot(T0 + 1),
  'no nodes': () => {
    const recorder = new RunRecorder(runFacts({ name: 'stranded', count: 5, nodes: [] }))
    return recorder.snapshot(T0 + 2000, { states: statesOf(new Array<StateName>(5).fill('ready')) })
  },
  'hostile names': () => {
    const name = `\u202Egnp.exe\u0000\n\t<img src=x onerror=alert(1)>\uD800 ${'\u0301'.repeat(50)}${'long '.repeat(2000)}`
    const nodes = nodeSpecs(2, 1).map((node, i) => ({ ...node, id: `${i}${name}` }))
    return play({ facts: runFacts({ name, nodes }), duration: () => 100, throws: (index) => index === 2 }).record(900)
  },
}

const played = new Map<string, RunRecord>()

/** Records of runs of all sizes and fates, each played once; not to be written to. */
export const samples: Record<string, () => RunRecord> = Object.fromEntries(Object.entries(plays).map(([name, play]) => [name, () => {
  if (!played.has(name)) played.set(name, play())
  return played.get(name)!
}]))
