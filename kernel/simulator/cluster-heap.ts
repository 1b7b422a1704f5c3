/** What is to happen, by time; of equal times in the order in which it was arranged. A heap of four children on typed arrays. */
export class EventHeap {
  #times = new Float64Array(64)
  #orders = new Float64Array(64)
  #subjects = new Int32Array(64)
  #stamps = new Int32Array(64)
  #length = 0
  #arranged = 0

  get length(): number {
    return this.#length
  }

  /** Time of the first; Infinity when there is none. */
  get time(): number {
    return this.#length > 0 ? this.#times[0]! : Infinity
  }

  /** Of the first: what it is about, and what tells whether it still holds. */
  get subject(): number {
    return this.#subjects[0]!
  }

  get stamp(): number {
    return this.#stamps[0]!
  }

  push(time: number, subject: number, stamp: number): void {
    if (this.#length === this.#times.length) this.#grow()
    const order = this.#arranged++
    let at = this.#length++
    while (at > 0) {
      const parent = (at - 1) >> 2
      // A new one is the last of its time.
      if (this.#times[parent]! <= time) break
      this.#move(parent, at)
      at = parent
    }
    this.#put(at, time, order, subject, stamp)
  }

  /** Takes the first away. */
  pop(): void {
    const last = --this.#length
    if (last === 0) return
    const time = this.#times[last]!
    const order = this.#orders[last]!
    let at = 0
    for (;;) {
      let least = -1
      let leastTime = time
      let leastOrder = order
      for (let child = 4 * at + 1, end = Math.min(child + 4, last); child < end; child++) {
        const childTime = this.#times[child]!
        if (childTime > leastTime || (childTime === leastTime && this.#orders[child]! > leastOrder)) continue
        least = child
        leastTime = childTime
        leastOrder = this.#orders[child]!
      }
      if (least < 0) break
      this.#move(least, at)
      at = least
    }
    this.#put(at, time, order, this.#subjects[last]!, this.#stamps[last]!)
  }

  #move(from: number, to: number): void {
    this.#put(to, this.#times[from]!, this.#orders[from]!, this.#subjects[from]!, this.#stamps[from]!)
  }

  #put(at: number, time: number, order: number, subject: number, stamp: number): void {
    this.#times[at] = time
    this.#orders[at] = order
    this.#subjects[at] = subject
    this.#stamps[at] = stamp
  }

  #grow(): void {
    const size = this.#times.length * 2
    const [times, orders, subjects, stamps] = [this.#times, this.#orders, this.#subjects, this.#stamps]
    this.#times = new Float64Array(size)
    this.#orders = new Float64Array(size)
    this.#subjects = new Int32Array(size)
    this.#stamps = new Int32Array(size)
    this.#times.set(times)
    this.#orders.set(orders)
    this.#subjects.set(subjects)
    this.#stamps.set(stamps)
  }
}
