/**
 * The memory that a slot's thread shares with its node's main thread, so that the main thread can act while the slot
 * is busy in a synchronous body: take back tasks that have not begun, see which one is running, and forward outcomes that
 * the slot gathered but cannot send.
 */
export const RING = 1 << 15
const OUTBOX = 1 << 16

/** Words of the header. */
const LOCK = 0
const LENGTH = 1
const CURRENT = 2
const SEQUENCE = 3
const HEADER = 4

const RUNNING_ENDED_BY_FORCE = -1

/** Tasks handed to a slot are numbered 0, 1, 2, … (`position`) for the life of its thread. */
export class SlotMemory {
  readonly shared: SharedArrayBuffer
  #words: Int32Array
  #claims: Int32Array
  #outbox: Uint8Array

  constructor(shared = new SharedArrayBuffer((HEADER + RING) * 4 + OUTBOX)) {
    this.shared = shared
    this.#words = new Int32Array(shared, 0, HEADER)
    this.#claims = new Int32Array(shared, HEADER * 4, RING)
    this.#outbox = new Uint8Array(shared, (HEADER + RING) * 4, OUTBOX)
  }

  /**
   * Whoever claims a position first, the slot to begin it or the main thread to take it back, has it. A cell of the
   * ring holds the last lap at which it was claimed, so cells need no clearing; at most RING tasks may be outstanding.
   */
  claim(position: number): boolean {
    const cell = position % RING
    const lap = Math.floor(position / RING) + 1
    const before = Atomics.load(this.#claims, cell)
    return before < lap && Atomics.compareExchange(this.#claims, cell, before, lap) === before
  }

  /** By the slot. False: the task was taken back. It shows as current before it is claimed, so a claimed one that is not current has ended. */
  begin(position: number): boolean {
    Atomics.store(this.#words, CURRENT, word(position))
    if (this.claim(position)) return true
    this.end(position)
    return false
  }

  /** By the slot. False: the main thread has decided to end this thread; its outcome no longer counts. */
  end(position: number): boolean {
    return Atomics.compareExchange(this.#words, CURRENT, word(position), 0) === word(position)
  }

  isCurrent(position: number): boolean {
    return Atomics.load(this.#words, CURRENT) === word(position)
  }

  /** By the main thread: from now on the slot cannot end `position`. False when it already has. */
  condemn(position: number): boolean {
    return Atomics.compareExchange(this.#words, CURRENT, word(position), RUNNING_ENDED_BY_FORCE) === word(position)
  }

  /** Low 30 bits of the position that is running. */
  get current(): number | undefined {
    const value = Atomics.load(this.#words, CURRENT)
    return value > 0 ? value - 1 : undefined
  }

  /** Appends one record. False when the outbox has no room for it. */
  append(record: Uint8Array): boolean {
    this.#acquire()
    const length = this.#words[LENGTH]!
    const fits = length + record.length <= OUTBOX
    if (fits) {
      this.#outbox.set(record, length)
      this.#words[LENGTH] = length + record.length
    }
    this.#release()
    return fits
  }

  get waiting(): number {
    return Atomics.load(this.#words, LENGTH)
  }

  /** How many frames have been taken. */
  get sequence(): number {
    return Atomics.load(this.#words, SEQUENCE)
  }

  /**
   * Takes all records as one frame that starts with its number: two threads take frames, and the kernel puts them in order.
   * @param extra a record that did not fit
   */
  take(extra?: Uint8Array): Buffer {
    this.#acquire()
    const frame = this.#frame(extra)
    this.#release()
    return frame
  }

  /** As `take`, but gives up when the slot is at it. By the main thread: the slot may be ended while it holds the lock. */
  tryTake(): Buffer | undefined {
    if (Atomics.compareExchange(this.#words, LOCK, 0, 1) !== 0) return undefined
    const frame = this.#words[LENGTH]! > 0 ? this.#frame() : undefined
    this.#release()
    return frame
  }

  /** Takes all records though a thread that is no more may hold the lock. */
  takeFromDead(): Buffer | undefined {
    return this.#words[LENGTH]! > 0 ? this.#frame() : undefined
  }

  #frame(extra?: Uint8Array): Buffer {
    const length = this.#words[LENGTH]!
    const frame = Buffer.allocUnsafe(4 + length + (extra?.length ?? 0))
    frame.writeUInt32LE(Atomics.add(this.#words, SEQUENCE, 1), 0)
    frame.set(this.#outbox.subarray(0, length), 4)
    if (extra !== undefined) frame.set(extra, 4 + length)
    this.#words[LENGTH] = 0
    return frame
  }

  #acquire(): void {
    // Held for a copy of at most 64 KiB, so waiting is rare and short.
    while (Atomics.compareExchange(this.#words, LOCK, 0, 1) !== 0) Atomics.wait(this.#words, LOCK, 1, 1)
  }

  #release(): void {
    Atomics.store(this.#words, LOCK, 0)
    Atomics.notify(this.#words, LOCK, 1)
  }
}

/** A position as the CURRENT word holds it: never 0, never negative. */
function word(position: number): number {
  return (position & 0x3fff_ffff) + 1
}
