import { describe, expect, it } from 'vitest'
import { CodeLedger } from '../../../../kernel/cluster/local/code-ledger.ts'

const MiB = 2 ** 20

describe('the code ledger', () => {
  it('has code sent once, though runs that use it come and go', () => {
    const ledger = new CodeLedger()
    expect(ledger.add(1, 'x', 5)).toBe(true)
    expect(ledger.add(2, 'x', 5)).toBe(false)
    expect(ledger.remove(1)).toEqual([])
    expect(ledger.remove(2)).toEqual([])
    expect(ledger.add(3, 'x', 5)).toBe(false)
  })

  it('drops what has been unused for longest when there is too much of it, and has that sent again', () => {
    const ledger = new CodeLedger()
    for (const [run, code] of ['a', 'b', 'c'].entries()) ledger.add(run, code, 30 * MiB)
    expect(ledger.remove(0)).toEqual([])
    expect(ledger.remove(1)).toEqual([])
    expect(ledger.remove(2)).toEqual(['a'])
    expect(ledger.add(4, 'a', 30 * MiB)).toBe(true)
    expect(ledger.add(5, 'b', 30 * MiB)).toBe(false)
    expect(ledger.remove(99)).toEqual([])
  })
})
