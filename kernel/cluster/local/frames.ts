/** What a slot is sent (tasks) and what it sends (records: outcomes, logs, progress), as bytes. */
import type { Input } from '../backend.ts'
import type { TaskError, Wire } from '../../travel/declaration.ts'
import { Packer, Unpacker, type RemoteInput } from './packing.ts'

/** Tasks of one run for one slot, at consecutive positions. */
export interface StartFrame {
  /** Number of the run's context, as the slot's node was told it. */
  readonly context: number
  /** Position of the first. */
  readonly first: number
  readonly tasks: readonly number[]
  readonly attempts: readonly number[]
  readonly indices: readonly number[]
}

const packer = new Packer()

/** Bytes of tasks `from … to - 1` of what is given. */
export function packStart(
  frame: StartFrame,
  inputs: readonly (readonly Input[])[],
  from: number,
  to: number,
  nodeNumber: (name: string) => number | undefined,
): Uint8Array {
  packer.uint(frame.context)
  packer.uint(frame.first)
  packer.uint(to - from)
  for (let k = from; k < to; k++) {
    packer.uint(frame.tasks[k]!)
    packer.uint(frame.attempts[k]!)
    packer.uint(frame.indices[k]!)
    const values = inputs[k] ?? []
    packer.byte(values.length)
    for (const value of values) packer.input(value, nodeNumber)
  }
  return packer.take()
}

export interface QueuedTask {
  readonly context: number
  readonly position: number
  readonly task: number
  readonly attempt: number
  readonly index: number
  readonly inputs: readonly (Wire | RemoteInput)[]
}

export function unpackStart(bytes: Uint8Array): QueuedTask[] {
  const from = new Unpacker(bytes)
  const context = from.uint()
  const first = from.uint()
  const count = from.uint()
  const tasks: QueuedTask[] = []
  for (let k = 0; k < count; k++) {
    const task = from.uint()
    const attempt = from.uint()
    const index = from.uint()
    const length = from.byte()
    tasks.push({ context, position: first + k, task, attempt, index, inputs: length === 0 ? none : Array.from({ length }, () => from.input()) })
  }
  return tasks
}
const none: readonly never[] = []

/** What a slot reports of its tasks, in the order in which it happened. Times are ms of `systemClock`. */
export type SlotRecord =
  | { readonly kind: 'succeeded'; readonly position: number; readonly began: number; readonly ended: number; readonly size: number; readonly inline: boolean; readonly value: Wire }
  | { readonly kind: 'failed'; readonly position: number; readonly began: number; readonly ended: number; readonly error: TaskError; readonly final: boolean }
  /** These inputs are nowhere to be had; the task did not begin. */
  | { readonly kind: 'input-lost'; readonly position: number; readonly inputs: readonly number[] }
  | { readonly kind: 'log'; readonly task: number; readonly attempt: number; readonly stream: 'stdout' | 'stderr'; readonly text: string }
  | { readonly kind: 'progress'; readonly task: number; readonly fraction: number; readonly text: string | undefined }

const kinds = { inline: 0, kept: 1, failed: 2, lost: 3, stdout: 4, stderr: 5, progress: 6 } as const

export function packRecord(to: Packer, record: SlotRecord): void {
  switch (record.kind) {
    case 'succeeded':
      to.byte(record.inline ? kinds.inline : kinds.kept)
      to.uint(record.position)
      to.double(record.began)
      to.double(record.ended)
      to.double(record.size)
      if (record.inline) to.input(record.value)
      return
    case 'failed':
      to.byte(kinds.failed)
      to.uint(record.position)
      to.double(record.began)
      to.double(record.ended)
      to.byte(record.final ? 1 : 0)
      return packError(to, record.error)
    case 'input-lost':
      to.byte(kinds.lost)
      to.uint(record.position)
      to.byte(Math.min(255, record.inputs.length))
      for (const task of record.inputs.slice(0, 255)) to.uint(task)
      return
    case 'log':
      to.byte(record.stream === 'stdout' ? kinds.stdout : kinds.stderr)
      to.uint(record.task)
      to.uint(record.attempt)
      return to.text(record.text)
    case 'progress':
      to.byte(kinds.progress)
      to.uint(record.task)
      to.double(record.fraction)
      return to.input(record.text)
  }
}

function packError(to: Packer, error: TaskError): void {
  to.text(error.name)
  to.text(error.message)
  to.text(error.stack)
  to.byte('value' in error ? 1 : 0)
  if ('value' in error) to.input(error.value)
}

/** The number of a slot's frame: frames count from 0. */
export function frameNumber(frame: Uint8Array): number {
  return new Unpacker(frame).uint()
}

/** All records of a frame. Throws a RangeError on bytes that are none. */
export function unpackRecords(frame: Uint8Array): SlotRecord[] {
  const from = new Unpacker(frame)
  from.uint()
  const records: SlotRecord[] = []
  while (!from.done) records.push(unpackRecord(from))
  return records
}

function unpackRecord(from: Unpacker): SlotRecord {
  const kind = from.byte()
  switch (kind) {
    case kinds.inline:
    case kinds.kept: {
      const [position, began, ended, size] = [from.uint(), from.double(), from.double(), from.double()]
      const inline = kind === kinds.inline
      return { kind: 'succeeded', position, began, ended, size, inline, value: inline ? (from.input() as Wire) : undefined }
    }
    case kinds.failed: {
      const [position, began, ended, final] = [from.uint(), from.double(), from.double(), from.byte() === 1]
      return { kind: 'failed', position, began, ended, final, error: unpackError(from) }
    }
    case kinds.lost: {
      const position = from.uint()
      return { kind: 'input-lost', position, inputs: Array.from({ length: from.byte() }, () => from.uint()) }
    }
    case kinds.stdout:
    case kinds.stderr:
      return { kind: 'log', task: from.uint(), attempt: from.uint(), stream: kind === kinds.stdout ? 'stdout' : 'stderr', text: from.text() }
    case kinds.progress: {
      const [task, fraction, text] = [from.uint(), from.double(), from.input()]
      return { kind: 'progress', task, fraction, text: typeof text === 'string' ? text : undefined }
    }
    default:
      throw new RangeError(`no record begins with ${kind}`)
  }
}

function unpackError(from: Unpacker): TaskError {
  const [name, message, stack] = [from.text(), from.text(), from.text()]
  return from.byte() === 1 ? { name, message, stack, value: from.input() as Wire } : { name, message, stack }
}
