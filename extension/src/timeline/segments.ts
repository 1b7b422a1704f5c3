/** What each slot did when, by lane and in order of start, kept up to date as the run goes on. No DOM. */
import { endings, stateNames } from '../../../kernel/cluster/record/read.ts'
import type { AttemptTable, TaskTable } from '../../../kernel/cluster/record/read.ts'
import { GrowingLane, sortByStart } from './lane.ts'
import type { Lane } from './lane.ts'
import { isContinued, laneOf } from './lanes.ts'
import type { Lanes } from './lanes.ts'

/** Kinds of segments: the higher, the more it must be seen where several are too narrow to be told apart. */
export const SUCCEEDED = 1
export const RUNNING = 2
/** An attempt that was ended because another copy was first, or by the user. */
export const CALLED_OFF = 3
export const CANCELLED = 4
/** An attempt that was lost with its node or slot. */
export const LOST = 5
/** An attempt that threw or took too long, after which the task was tried again. */
export const THREW = 6
export const FAILED = 7
export const KINDS = 8

/** What gave no result for a reason that one should look at. */
export const isTrouble = (kind: number): boolean => kind >= LOST

const kindOfState = stateNames.map((name) => ({ succeeded: SUCCEEDED, running: RUNNING, failed: FAILED, cancelled: CANCELLED })[name as string] ?? 0)
const kindOfEnding = endings.map((name) => ({ threw: THREW, 'timed-out': THREW, 'node-lost': LOST, 'slot-reset': LOST })[name as string] ?? CALLED_OFF)

interface Facts {
  readonly tasks: TaskTable
  readonly attempts: AttemptTable
}

const different = (a: number, b: number): boolean => a !== b && (a === a || b === b)

export class Segments {
  #lanes: Lanes = { nodes: 0, count: 0, first: new Int32Array(1) }
  #list: (GrowingLane | undefined)[] = []
  #attempts: AttemptTable | undefined
  /** As they were when last looked at, by task: tables of live runs change in place. */
  #laneOf = new Int32Array(0)
  #start = new Float64Array(0)
  #end = new Float64Array(0)
  #kind = new Uint8Array(0)
  /** By row of the attempts. */
  #lost: { readonly lane: Int32Array; readonly task: Float64Array; readonly attempt: Float64Array; readonly began: Float64Array } = noneLost
  /** Rows of the attempts from here on are not what they were. */
  #firstChanged = Infinity
  /** One more after each change. */
  version = 0

  /** @returns nothing where nothing has run */
  lane(lane: number): Lane | undefined {
    return this.#list[lane]
  }

  /** The lane that the task's own row puts it in; -1: none. */
  laneOfTask(task: number): number {
    return this.#laneOf[task] ?? -1
  }

  /** Row n of the attempts is -1 - n. */
  laneOfId(id: number): number {
    return id >= 0 ? this.laneOfTask(id) : (this.#lost.lane[-1 - id] ?? -1)
  }

  taskOf(id: number): number {
    return id >= 0 ? id : (this.#attempts?.task[-1 - id] ?? -1)
  }

  /** One pass over the tasks, and one over each lane in which something has changed. */
  update(facts: Facts, lanes: Lanes): void {
    const { tasks, attempts } = facts
    if (tasks.length !== this.#laneOf.length || !isContinued(this.#lanes, lanes)) this.#clear(tasks.length)
    this.#lanes = lanes
    this.#list.length = Math.max(this.#list.length, lanes.count)
    const concerned = new Set<GrowingLane>()
    this.#compareTasks(tasks, concerned)
    this.#firstChanged = Infinity
    if (attempts !== this.#attempts) this.#compareAttempts(attempts, concerned)
    if (concerned.size === 0) return
    this.version++
    for (const lane of concerned) this.#refresh(lane, attempts)
  }

  #clear(length: number): void {
    this.#list = []
    this.#laneOf = new Int32Array(length).fill(-1)
    this.#start = new Float64Array(length).fill(NaN)
    this.#end = new Float64Array(length).fill(NaN)
    this.#kind = new Uint8Array(length)
    this.#lost = noneLost
    this.#attempts = undefined
    this.version++
  }

  #compareTasks({ length, state, node, slot, started, ended }: TaskTable, concerned: Set<GrowingLane>): void {
    const [lanes, starts, ends, kinds] = [this.#laneOf, this.#start, this.#end, this.#kind]
    for (let i = 0; i < length; i++) {
      const start = started[i]!
      const kind = start >= 0 && node[i]! >= 0 ? kindOfState[state[i]!]! : 0
      // Without an end it is not known what it did.
      const end = kind === RUNNING ? Infinity : ended[i]!
      if (kind === kinds[i] && !different(start, starts[i]!) && !different(end, ends[i]!)) {
        if (kind === 0 || lanes[i] === laneOf(this.#lanes, node[i]!, slot[i]!)) continue
      }
      const lane = kind > 0 && end >= start ? laneOf(this.#lanes, node[i]!, slot[i]!) : -1
      this.#move(i, lanes[i]!, lane, !different(start, starts[i]!), concerned)
      lanes[i] = lane
      starts[i] = start
      ends[i] = end
      kinds[i] = kind
    }
  }

  #move(id: number, from: number, to: number, sameStart: boolean, concerned: Set<GrowingLane>): void {
    if (from >= 0) {
      const lane = this.#touch(from, concerned)
      if (from === to && sameStart) return
      lane.left = true
    }
    if (to >= 0) this.#touch(to, concerned).add(id)
  }

  #touch(number: number, concerned: Set<GrowingLane>): GrowingLane {
    const lane = (this.#list[number] ??= new GrowingLane(number, 8 + Math.ceil((1.1 * this.#laneOf.length) / this.#lanes.count)))
    concerned.add(lane)
    return lane
  }

  /** Rows are added at the end, but for those that a failed task's own row describes from then on. */
  #compareAttempts(attempts: AttemptTable, concerned: Set<GrowingLane>): void {
    const before = this.#lost
    const { length, task, attempt, node, slot, began, ended } = attempts
    let same = 0
    const most = Math.min(length, before.lane.length)
    while (same < most && task[same] === before.task[same] && attempt[same] === before.attempt[same] && began[same] === before.began[same]) same++
    this.#attempts = attempts
    if (same === length && same === before.lane.length) return
    const lane = new Int32Array(length).fill(-1)
    lane.set(before.lane.subarray(0, same))
    for (let row = same; row < before.lane.length; row++) if (before.lane[row]! >= 0) this.#touch(before.lane[row]!, concerned).left = true
    for (let row = same; row < length; row++) {
      if (!(ended[row]! >= began[row]!)) continue
      lane[row] = laneOf(this.#lanes, node[row]!, slot[row]!)
      if (lane[row]! >= 0) this.#touch(lane[row]!, concerned).add(-1 - row)
    }
    // Copies: a live run's columns grow in place.
    this.#lost = { lane, task: task.slice(), attempt: attempt.slice(), began: began.slice() }
    this.#firstChanged = same
  }

  #refresh(lane: GrowingLane, attempts: AttemptTable): void {
    if (lane.left) this.#forgetThoseGone(lane)
    lane.size += lane.fresh
    lane.fresh = 0
    const { ids, starts, ends, kinds, reach } = lane
    const startOf = (id: number): number => (id >= 0 ? this.#start[id]! : attempts.began[-1 - id]!)
    sortByStart(ids, lane.size, startOf)
    lane.left = false
    const open: number[] = []
    let kept = 0
    let latest = 0
    for (let i = 0; i < lane.size; i++) {
      const id = ids[i]!
      const end = id >= 0 ? this.#end[id]! : attempts.ended[-1 - id]!
      if (end === Infinity) {
        open.push(id)
        continue
      }
      ids[kept] = id
      starts[kept] = startOf(id)
      ends[kept] = end
      kinds[kept] = id >= 0 ? this.#kind[id]! : kindOfEnding[attempts.ending[-1 - id]!]!
      if (end > latest) latest = end
      reach[kept++] = latest
    }
    ids.set(open, kept)
    // What a slot was handed waits behind what it executes: only the first of it is running, since the last one ended.
    if (open.length > 0) {
      starts[kept] = Math.max(startOf(open[0]!), latest)
      ends[kept] = reach[kept] = Infinity
      kinds[kept++] = RUNNING
    }
    lane.length = kept
  }

  /** Those that are elsewhere now, or are among its new members; attempts whose rows have changed are told anew. */
  #forgetThoseGone(lane: GrowingLane): void {
    const anew = new Set(lane.ids.subarray(lane.size, lane.size + lane.fresh))
    let kept = 0
    for (let i = 0; i < lane.size; i++) {
      const id = lane.ids[i]!
      const stays = id >= 0 ? this.#laneOf[id] === lane.number : -1 - id < this.#firstChanged
      if (stays && !anew.has(id)) lane.ids[kept++] = id
    }
    lane.ids.copyWithin(kept, lane.size, lane.size + lane.fresh)
    lane.size = kept
  }
}

const noneLost = { lane: new Int32Array(0), task: new Float64Array(0), attempt: new Float64Array(0), began: new Float64Array(0) }
