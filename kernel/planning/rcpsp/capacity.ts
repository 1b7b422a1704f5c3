import type { Problem } from '../problem.ts'

/**
 * Amounts of all resources side by side in 32-bit words, so that one subtraction tells whether all of them suffice: each resource has a field
 * with a guard bit on top, which is set in what is free and lost when a request is greater.
 */
export interface CapacityWords {
  /** Words that describe one instant. */
  readonly words: number
  /** What is free of a word when nothing runs, guard bits set. */
  readonly full: Int32Array
  readonly guard: Int32Array
  /** Request of task i: `need[i * words + w]`. */
  readonly need: Int32Array
  /** The same before packing, for bounds: amounts of each resource in integers. */
  readonly amounts: readonly Amounts[]
}

export interface Amounts {
  readonly capacity: number
  readonly request: Int32Array
}

/** One field leaves a bit for the guard and one for the sign. */
const MAX_CAPACITY = 536_870_912
/** Divisible by all small numbers, so that halves, thirds … of a resource stay what they are. */
const SHARES = 720720

export function capacityWords(problem: Problem, count: number): CapacityWords {
  const amounts = amountsOf(problem, count)
  const places: { word: number, shift: number, bits: number }[] = []
  let word = 0
  let used = 0
  for (const { capacity } of amounts) {
    const bits = Math.ceil(Math.log2(capacity + 1)) + 1
    if (used + bits > 32) [word, used] = [word + 1, 0]
    places.push({ word, shift: used, bits })
    used += bits
  }
  const words = amounts.length === 0 ? 0 : word + 1
  const full = new Int32Array(words)
  const guard = new Int32Array(words)
  const need = new Int32Array(count * words)
  for (const [r, { capacity, request }] of amounts.entries()) {
    const { word, shift, bits } = places[r]!
    guard[word]! |= 1 << (shift + bits - 1)
    full[word]! |= (1 << (shift + bits - 1)) | (capacity << shift)
    for (let i = 0; i < count; i++) need[i * words + word]! |= request[i]! << shift
  }
  return { words, full, guard, need, amounts }
}

/** Of every resource that can be short at all, the slots among them. What takes no time needs nothing. */
function amountsOf(problem: Problem, count: number): Amounts[] {
  const node = problem.nodes[0]!
  const width = problem.resources.length
  const amounts: Amounts[] = []
  const add = (capacity: number, request: (task: number) => number): void => {
    const wanted = Array.from({ length: problem.count }, (_, i) => (problem.duration[i]! > 0 ? request(i) : 0))
    if (wanted.reduce((sum, amount) => sum + amount, 0) <= capacity) return
    amounts.push(inIntegers(capacity, wanted, count))
  }
  if (Number.isFinite(node.slots)) add(node.slots, () => 1)
  for (let r = 0; r < width; r++) add(node.capacity[r]!, (task) => problem.request[task * width + r]!)
  return amounts
}

/** Fractions become shares of the capacity, rounded so that no schedule that fits in shares fails to fit in truth. */
function inIntegers(capacity: number, wanted: readonly number[], count: number): Amounts {
  const whole = capacity <= MAX_CAPACITY && wanted.every((amount) => Number.isInteger(amount))
  const request = new Int32Array(count)
  for (const [i, amount] of wanted.entries()) request[i] = whole ? amount : Math.ceil((amount / capacity) * SHARES - 1e-6)
  return { capacity: whole ? Math.floor(capacity) : SHARES, request }
}
