/** The quickstart's data and arithmetic: flights of early 2001, as published in the npm package vega-datasets. */
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

export interface Flight {
  /** `2001/01/31 23:55` */
  readonly date: string
  /** Minutes late at arrival; negative when early. */
  readonly delay: number
  /** Miles. */
  readonly distance: number
  readonly origin: string
  readonly destination: string
}

/** The flights of one month, e.g. `2001-01`. */
export async function readFlights(month: string): Promise<Flight[]> {
  const data = join(dirname(createRequire(import.meta.url).resolve('vega-datasets')), '..', 'data')
  const all = JSON.parse(await readFile(join(data, 'flights-20k.json'), 'utf8')) as Flight[]
  return all.filter((flight) => flight.date.startsWith(month.replace('-', '/')))
}

/** Weighted least squares of y on 1, x, … x^degree. Returns the coefficients, lowest power first. */
export function polynomialFit(points: readonly { x: number; y: number; weight: number }[], degree: number): number[] {
  const size = degree + 1
  // Normal equations A c = b, with A[i][j] = Σ w x^(i+j) and b[i] = Σ w y x^i.
  const matrix = Array.from({ length: size }, (_, i) => [
    ...Array.from({ length: size }, (_, j) => points.reduce((sum, { x, weight }) => sum + weight * x ** (i + j), 0)),
    points.reduce((sum, { x, y, weight }) => sum + weight * y * x ** i, 0),
  ])
  return solve(matrix)
}

export function polynomial(coefficients: readonly number[], x: number): number {
  return coefficients.reduceRight((value, coefficient) => value * x + coefficient, 0)
}

/** Gaussian elimination with partial pivoting on an augmented matrix. */
function solve(matrix: number[][]): number[] {
  const size = matrix.length
  for (let column = 0; column < size; column++) {
    const pivot = matrix.slice(column).reduce((best, row, i) => (Math.abs(row[column]!) > Math.abs(matrix[best]![column]!) ? column + i : best), column)
    ;[matrix[column], matrix[pivot]] = [matrix[pivot]!, matrix[column]!]
    for (let row = column + 1; row < size; row++) {
      const factor = matrix[row]![column]! / matrix[column]![column]!
      for (let k = column; k <= size; k++) matrix[row]![k]! -= factor * matrix[column]![k]!
    }
  }
  const solution = new Array<number>(size).fill(0)
  for (let row = size - 1; row >= 0; row--) {
    const known = matrix[row]!.slice(row + 1, size).reduce((sum, value, k) => sum + value * solution[row + 1 + k]!, 0)
    solution[row] = (matrix[row]![size]! - known) / matrix[row]![row]!
  }
  return solution
}
