/**
 * The generator behind task.random(): sfc32 (Chris Doty-Humphrey's Small Fast Counting generator, 2010; 128 bits of state,
 * period at least 2^32, passes PractRand), its state filled by splitmix32 (the 32-bit finalizer of MurmurHash3 over
 * a Weyl sequence) from the run's seed and the task's index. The same in every attempt, on every machine.
 */
export function taskRandom(seed: number, index: number): () => number {
  const fill = splitmix32(hash(seed) ^ Math.imul(index + 1, 0x9e37_79b9))
  let a = fill()
  let b = fill()
  let c = fill()
  let counter = 1
  const next = () => {
    const sum = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + sum) | 0
    return sum >>> 0
  }
  for (let i = 0; i < 12; i++) next() // its author's advice: mixes the seed through the whole state
  // 53 bits, as Math.random has.
  return () => ((next() >>> 5) * 2 ** 26 + (next() >>> 6)) / 2 ** 53
}

/** All 64 bits of a number count, so that 1 and 1.5 are different seeds. */
function hash(seed: number): number {
  const halves = new Uint32Array(new Float64Array([seed]).buffer)
  return splitmix32(halves[0]! ^ splitmix32(halves[1]!)())()
}

function splitmix32(state: number): () => number {
  return () => {
    state = (state + 0x9e37_79b9) | 0
    let z = state
    z = Math.imul(z ^ (z >>> 16), 0x85eb_ca6b)
    z = Math.imul(z ^ (z >>> 13), 0xc2b2_ae35)
    return (z ^ (z >>> 16)) | 0
  }
}
