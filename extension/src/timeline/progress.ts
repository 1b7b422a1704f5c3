/** How far a run was when, and how it is replayed. No DOM. */
import { FAILED, SUCCEEDED } from '../../../kernel/cluster/record/read.ts'
import type { TaskTable } from '../../../kernel/cluster/record/read.ts'

export interface Progress {
  /** By part of the run's time: which fraction of all listed tasks had ended. */
  readonly ended: Float32Array
  /** By part: tasks failed in it. */
  readonly failed: Uint8Array
}

/** One pass over all tasks. */
export function progressOf({ length, state, ended }: TaskTable, end: number, parts: number): Progress {
  const fractions = new Float32Array(parts)
  const failed = new Uint8Array(parts)
  for (let i = 0; i < length; i++) {
    if (state[i]! < SUCCEEDED || !(ended[i]! >= 0)) continue
    const part = Math.min(parts - 1, Math.floor((ended[i]! / end) * parts))
    fractions[part]!++
    if (state[i] === FAILED) failed[part] = 1
  }
  let sum = 0
  for (let part = 0; part < parts; part++) {
    sum += fractions[part]!
    fractions[part] = length > 0 ? sum / length : 0
  }
  return { ended: fractions, failed }
}

/** Of a drawing 100 wide and high; the area below how much had ended. */
export function progressPath({ ended }: Progress): string {
  const width = 100 / ended.length
  let path = 'M0 100'
  for (let part = 0; part < ended.length; part++) path += `L${tidy((part + 1) * width)} ${tidy(100 - 100 * ended[part]!)}`
  return `${path}L100 100Z`
}

/** Strokes where tasks failed. */
export function failuresPath({ failed }: Progress): string {
  let path = ''
  failed.forEach((any, part) => {
    if (any > 0) path += `M${tidy(((part + 0.5) * 100) / failed.length)} 0V100`
  })
  return path
}

function tidy(value: number): string {
  return String(Math.round(value * 10) / 10)
}

/** ms that a replay of the whole run takes at least and at most, where the run's own time is kept or multiplied. */
const SHORT = 2_000
const LONG = 180_000
/** ms: the whole run, however long it was. */
export const WHOLE = 10_000

const paces = [0.001, 0.01, 0.1, 0.25, 0.5, 1, 2, 5, 10, 60, 600, 3600]

/** Times as fast as the run was: those at which its replay is neither over at once nor endless. */
export function speedsFor(end: number): number[] {
  return paces.filter((pace) => end / pace >= SHORT && end / pace <= LONG).slice(0, 5)
}

/**
 * The next moment of a replay.
 * @param pace undefined: as fast as the whole run takes `WHOLE`
 * @returns undefined: it is over
 */
export function advanced(time: number, passed: number, pace: number | undefined, end: number): number | undefined {
  const next = time + passed * (pace ?? end / WHOLE)
  return next < end ? next : undefined
}
