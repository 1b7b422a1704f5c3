import { describe, expect, test } from 'vitest'
import { completeMagic, help, inspectMagic } from '../../../kernel/magics/complete.ts'
import { magicDocs, parseLine } from '../../../kernel/magics/lines.ts'

describe('%cluster simulate', () => {
  test('takes nodes, how they fail and how results travel', () => {
    expect(parseLine('cluster simulate --nodes 10000 --slots 4 --duration 2s --mtbf 10m --bandwidth 1GB/s --seed 7')).toEqual({
      magic: 'cluster', action: 'simulate', extra: [], nodes: 10_000, slots: 4, duration: 2000, mtbf: 600_000, bandwidth: 1e6, seed: 7,
    })
    expect(parseLine('cluster simulate --node big:cpu=8,speed=2 --bandwidth 100')).toMatchObject({ extra: [{ name: 'big', cpu: 8, speed: 2 }], bandwidth: 100_000 })
    expect(parseLine('cluster simulate')).toEqual({ magic: 'cluster', action: 'simulate', extra: [] })
  })

  test.each([
    ['--nodes 0', /--nodes takes a whole number from 1 to 100000/],
    ['--nodes 100000 --slots 4000', /all nodes together/],
    ['--node big --node big', /a name that no other node has/],
    ['--nodes 3 --node node-2', /a name that no other node has/],
    ['--duration 0s', /--duration takes a duration/],
    ['--bandwidth fast', /--bandwidth takes/],
    ['--seed -1', /--seed/],
    ['--durations 1s', /did you mean --duration/],
    ['extra', /Unexpected argument 'extra'/],
  ])('refuses %s, and says what it takes', (words, message) => {
    expect(() => parseLine(`cluster simulate ${words}`)).toThrow(message)
  })

  test('leaves %cluster local as it was', () => {
    expect(parseLine('cluster local --nodes 2 --node big:slots=4')).toMatchObject({ action: 'local', nodes: 2, extra: [{ name: 'big', slots: 4 }] })
    expect(() => parseLine('cluster local --nodes 1000')).toThrow(/1 to 512/)
    expect(() => parseLine('cluster moon')).toThrow(/a local or a simulated cluster/)
  })
})

describe('%simulate', () => {
  test('takes the policies to compare, runs, and what they are simulated on', () => {
    expect(parseLine('simulate')).toEqual({ magic: 'simulate', extra: [] })
    expect(parseLine('simulate --policy heft,sjf,heft --runs a,b --nodes 4 --seed 3')).toEqual({ magic: 'simulate', policies: ['heft', 'sjf'], runs: ['a', 'b'], nodes: 4, extra: [], seed: 3 })
    expect(parseLine('simulate --policy heft,all')).toMatchObject({ policies: 'all' })
  })

  test.each([['--policy ,', /names with commas/], ['--polic heft', /did you mean --policy/], ['--mtbf never', /--mtbf takes a duration/]])('refuses %s', (words, message) => {
    expect(() => parseLine(`simulate ${words}`)).toThrow(message)
  })

  test('is completed: options, policies with commas between them, runs', () => {
    const known = { handles: ['alpha', 'beta'], nodes: [], policies: ['heft', 'sjf'].map((name) => ({ name, about: '' })) }
    const offered = (line: string) => {
      const found = completeMagic(line, line.length, known)
      return found && 'matches' in found ? found.matches.map(({ text }) => text) : []
    }
    expect(offered('%simulate --p')).toEqual(['--policy'])
    expect(offered('%simulate --policy ')).toEqual(['heft', 'sjf', 'all'])
    expect(offered('%simulate --policy heft,s')).toEqual(['sjf'])
    expect(offered('%simulate --policy heft --runs ')).toEqual(['alpha', 'beta'])
    expect(offered('%cluster ')).toEqual(['local', 'simulate', 'stop'])
    expect(offered('%cluster simulate --du')).toEqual(['--duration'])
    expect(offered('%cluster local --')).toEqual(['--nodes', '--slots', '--node'])
  })

  test('is explained, with each of its options', () => {
    const doc = magicDocs.find(({ name }) => name === '%simulate')!
    expect(help(doc)).toMatch(/--mtbf DURATION`: mean time between failures/)
    expect(inspectMagic('%simulate --bandwidth 5', 15)).toMatch(/^`--bandwidth MB\/s`/)
  })
})
