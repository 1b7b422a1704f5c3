/** What may stand in the fields of a graph that a cell describes. Every refusal says where, what is there, and what it takes. */
import { badGraph, suggestion } from '../errors.ts'
import { parseBytes, parsePriority } from '../travel/options.ts'

export type Fields = Readonly<Record<string, unknown>>

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** cpu, gpu, memory and custom resources by name. */
export function amounts(fields: Fields, where: string): Map<string, number> {
  const found = new Map<string, number>()
  for (const name of ['cpu', 'gpu']) if (fields[name] !== undefined) found.set(name, amount(fields[name], `${where}: ${name}`))
  if (fields['memory'] !== undefined) found.set('memory', size(fields['memory'], `${where}: memory`))
  const custom = fields['resources'] ?? {}
  if (!isFields(custom)) throw badGraph(`${where}: resources is ${kind(custom)}; it takes amounts by name, e.g. { license: 1 }`)
  for (const [name, value] of Object.entries(custom)) found.set(name, amount(value, `${where}: resources.${name}`))
  return found
}

export function known(fields: Fields, names: readonly string[], where: string): void {
  for (const field of Object.keys(fields)) if (!names.includes(field)) throw badGraph(`${where} has no ${field}${suggestion(field, names)}; there are ${listed(names)}`)
}

export function nameOf(value: unknown, where: string): string {
  if (typeof value !== 'string' || value === '' || value.length > 200) throw badGraph(`${where}: name is ${kind(value)}; it takes a string of 1 to 200 characters`)
  return value
}

export function number(value: unknown, what: string, takes: string, good: (value: number) => boolean): number {
  if (typeof value !== 'number' || Number.isNaN(value) || !good(value)) throw badGraph(`${what} is ${kind(value)}; it takes ${takes}`)
  return value
}

export function duration(value: unknown, what: string): number {
  return number(value, what, 'ms, 0 or more', (given) => given >= 0 && Number.isFinite(given))
}

function amount(value: unknown, what: string): number {
  return number(value, what, 'a number, 0 or more', (given) => given >= 0 && Number.isFinite(given))
}

export function size(value: unknown, what: string): number {
  if (typeof value === 'string') return parseBytes(value, what)
  return number(value, what, 'bytes, or a size such as 2GiB', (given) => given >= 0 && Number.isFinite(given))
}

export function readPriority(value: unknown, where: string): number {
  if (typeof value !== 'string' && typeof value !== 'number') throw badGraph(`${where}: priority is ${kind(value)}; it takes low, normal, high or a number`)
  return parsePriority(value, `${where}: priority`)
}

export function listed(names: readonly string[]): string {
  return names.length <= 12 ? names.join(', ') : `${names.slice(0, 12).join(', ')} and ${names.length - 12} more`
}

export function kind(value: unknown): string {
  if (value === undefined) return 'missing'
  if (value === null || typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (typeof value === 'string') return JSON.stringify(value.length <= 60 ? value : `${value.slice(0, 60)}…`)
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
