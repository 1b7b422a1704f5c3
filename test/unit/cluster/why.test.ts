/** %why in words, from what the scheduler recorded. */
import { describe, expect, test } from 'vitest'
import { why } from '../../../kernel/cluster/why.ts'
import { declaration, here, local, number, running } from './fake-cluster.ts'

type Options = Parameters<typeof declaration>[2]

async function cluster() {
  const all = await running()
  const declare = (name: string, count: number, more?: Options) => {
    all.coordinator.declareNow(declaration(name, Array.from({ length: count }, (_, i) => i), more))
    const run = all.coordinator.runs.get(number)!
    return (index = 0) => why(all.coordinator, run, index)
  }
  return { ...all, declare }
}

describe('a task that has not started', () => {
  test('is told what it asks for, what each node lacks, and the least that would let it start', async () => {
    const { declare, backend } = await cluster()
    backend.tell([{ type: 'node-joined', node: { ...local, id: 'big', slots: 1, resources: { cpu: 4, memory: 2 ** 30 } } }])
    declare('busy', 3)
    const told = declare('large', 1, { options: { resources: { cpu: 2 } } })()
    expect(told).toMatch(/^large\[0\] is ready\.\nasks for cpu 2; /)
    expect(told).toContain('  local: has 0 of 2 cpu free, no slot is free\n')
    expect(told).toContain('  big: no slot is free\n')
    expect(told).toContain('it would start with a free slot on big\n')
    const larger = declare('larger', 1, { options: { resources: { cpu: 4 } } })()
    expect(larger).toContain('  local: has only 2 cpu in all, no slot is free\n')
    expect(larger).toContain('it would start with 1 more cpu and a free slot on big\n')
  })

  test('is told of no node that it may not run on', async () => {
    const { declare, backend } = await cluster()
    backend.tell([{ type: 'node-joined', node: { ...local, id: 'other' } }])
    declare('busy', 4)
    const told = declare('here', 1, { options: { node: 'other' } })()
    expect(told).toContain('  local: not where it may run\n')
    expect(told).toContain('it would start with 1 more cpu and a free slot on other\n')
  })

  test('is told who holds it back, how long at most, and why', async () => {
    const { declare } = await cluster()
    const told = declare('planned', 1, { options: { policy: 'heft' } })()
    expect(told).toMatch(/^held back by heft, \d+ ms longer at most: waits for a plan that has it$/m)
  })
})

describe('a task that was placed', () => {
  test('is told where and why, by which policy, and how many nodes fitted', async () => {
    const { declare, backend } = await cluster()
    backend.tell([{ type: 'node-joined', node: { ...local, id: 'other' } }])
    const told = declare('a', 1)
    expect(told()).toMatch(/^placed on \w+ by critical-path: .+; 2 nodes fitted$/m)
    backend.finish(0, () => here(1))
    expect(told()).toMatch(/^a\[0\] is succeeded on \w+ .*\nplaced on \w+ by critical-path: .+; 2 nodes fitted$/m)
    expect(told()).toMatch(/^priority 0, policy critical-path, retries used: 0 of 0$/m)
  })
})
