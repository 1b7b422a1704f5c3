import { expect, test } from 'vitest'
import { createState, emptyEstimate, faded, learned, mean, merged, quantile, sample, timeLeft, type Estimate } from '../../../kernel/scheduler/index.ts'

/** A sequence in [0, 1) that fills it evenly. */
const even = (i: number) => (i * 0.6180339887498949) % 1

/** Durations around 0.02·bytes^0.8, a factor of `spread` either way. */
function powerLaw(count: number, spread: number): Estimate {
  const estimate = emptyEstimate()
  for (let i = 0; i < count; i++) {
    const bytes = 10 ** (2 + 5 * even(i))
    learned(estimate, bytes, 0.02 * bytes ** 0.8 * spread ** (2 * even(i * 7 + 3) - 1))
  }
  return estimate
}

function of(durations: readonly number[]): Estimate {
  return durations.reduce((estimate, duration) => learned(estimate, 0, duration), emptyEstimate())
}

test.each([1e3, 1e5, 1e7])('a duration that grows with the input (%d bytes) is learned as it does', bytes => {
  const estimate = powerLaw(300, 1.5)
  expect(quantile(estimate, bytes, 0.5) / (0.02 * bytes ** 0.8)).toBeCloseTo(1, 0.5)
  expect(mean(estimate, bytes)).toBeGreaterThan(quantile(estimate, bytes, 0.5) * 0.95)
})

test('inputs of one size say nothing of others', () => {
  const estimate = of([90, 100, 110])
  expect(mean(estimate, 1e9)).toBeCloseTo(mean(estimate), 6)
})

test('quantiles grow with the share, and about so many durations do not exceed them', () => {
  const durations = Array.from({ length: 500 }, (_, i) => 100 * 3 ** (2 * even(i) - 1))
  const estimate = of(durations)
  const shares = [0.05, 0.25, 0.5, 0.75, 0.95]
  const below = shares.map(share => durations.filter(duration => duration <= quantile(estimate, 0, share)).length / 500)
  below.forEach((share, i) => expect(Math.abs(share - shares[i]!)).toBeLessThan(0.06))
  expect(sample(estimate, 0, 0.3)).toBe(quantile(estimate, 0, 0.3))
})

test('one duration leaves room for others, hundreds alike do not', () => {
  expect(quantile(of([100]), 0, 0.95)).toBeGreaterThan(150)
  const sure = of(Array<number>(300).fill(100))
  for (const value of [quantile(sure, 0, 0.05), mean(sure), quantile(sure, 0, 0.95)]) expect(Math.abs(value - 100)).toBeLessThan(6)
})

test('few durations are not taken to be more alike than they are', () => {
  // Factors of e^±½ are as likely as not: the logarithm's variance is a quarter. Mean over many estimates of what each has of it.
  let [sum, state] = [0, 1]
  const [estimates, seen] = [400, 5]
  for (let one = 0; one < estimates; one++) {
    const coin = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) < 2 ** 31
    const estimate = of(Array.from({ length: seen }, () => 100 * Math.exp(coin() ? -0.5 : 0.5)))
    estimate.residuals.forEach((count, bucket) => (sum += (count * ((bucket - 40) * 0.1) ** 2) / (seen - 1)))
  }
  expect(sum / estimates).toBeGreaterThan(0.22)
  expect(sum / estimates).toBeLessThan(0.28)
})

test('what is newer counts more', () => {
  const estimate = of(Array<number>(100).fill(10))
  faded(faded(faded(estimate)))
  for (let i = 0; i < 100; i++) learned(estimate, 0, 1000)
  expect(quantile(estimate, 0, 0.5)).toBeGreaterThan(400)
  for (let i = 0; i < 10_000; i++) learned(estimate, 0, 1000)
  expect(mean(estimate)).toBeCloseTo(1000, -2)
  expect(estimate.weight).toBeLessThanOrEqual(2000)
})

test('two estimates together are as one that learned it all', () => {
  const [a, b] = [powerLaw(50, 1.2), of([5, 7, 9])]
  const both = merged(a, b)
  expect(both.weight).toBe(53)
  expect(both.y).toBeCloseTo((a.y * 50 + b.y * 3) / 53, 9)
  expect(merged(emptyEstimate(), b)).toEqual(b)
})

test('the time left grows once the usual has passed; beyond all that was seen it is as long again', () => {
  const estimate = of([...Array<number>(90).fill(10), ...Array<number>(10).fill(500)])
  expect(timeLeft(estimate, 0, 0)).toBeLessThan(80)
  expect(timeLeft(estimate, 0, 50)).toBeGreaterThan(300)
  expect(timeLeft(estimate, 0, 5000)).toBe(5000)
})

test('is plain data, as JSON keeps it', () => {
  const estimate = powerLaw(10, 2)
  expect(JSON.parse(JSON.stringify(estimate))).toEqual(estimate)
})

test('what makes no sense is not learned, and a state takes copies', () => {
  const estimate = of([10])
  const before = structuredClone(estimate)
  for (const [bytes, duration] of [[0, NaN], [0, -1], [0, Infinity], [NaN, 1], [-1, 1], [Infinity, 1]] as const) learned(estimate, bytes, duration)
  expect(estimate).toEqual(before)
  const nonsense = [null, {}, { ...estimate, y: NaN }, { ...estimate, residuals: [1] }, { ...estimate, count: 0 }, { ...estimate, weight: -1 }]
  const state = createState({ estimates: new Map([['x', estimate], ...nonsense.map((each, i) => [`y${i}`, each as never] as const)]) })
  expect([...state.estimates.keys()]).toEqual(['x'])
  learned(estimate, 0, 99)
  expect(state.estimates.get('x')).toEqual(before)
})
