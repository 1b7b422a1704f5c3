/** Uniform in [0, 1), the same for the same numbers: so every policy meets the same jobs and, task by task, the same luck. */
export function chance(seed: number, a: number, b: number, c: number): number {
  let hash = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 15) ^ a, 0xc2b2ae35)
  hash = Math.imul(hash ^ (hash >>> 13) ^ b, 0x27d4eb2f)
  hash = Math.imul(hash ^ (hash >>> 16) ^ c, 0x165667b1)
  hash ^= hash >>> 15
  hash = Math.imul(hash, 0x85ebca6b)
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32
}
