import { describe, expect, it } from 'vitest'
import { bytes, count, counted, duration, percent, plain, rate } from '../../../kernel/cluster/view/amounts.ts'
import { summarize } from '../../../kernel/cluster/view/summary.ts'
import { runBundle } from '../../../kernel/cluster/view/view.ts'
import { samples } from './sample-runs.ts'

const summaryOf = (name: string) => summarize(samples[name]!())

describe('a summary', () => {
  it('of a run in progress says how far it is', () => {
    expect(summaryOf('twelve tasks in progress')).toBe(`\
delays: 12 tasks, 9 succeeded, 3 running
  75 % done after 2.3 s on 2 nodes, 3.9 tasks/s, 1 attempt retried or lost, results 4.5 KiB, policy locality

  node    slots  done   busy   cpu
  node-1      2     4   99 %  71 %
  node-2      2     5  100 %  71 %`)
  })

  it('of a failed run says what failed, what was skipped for it and what to do', () => {
    expect(summaryOf('a failed run with skipped followers').split('\n').slice(-5).join('\n')).toBe(`
  total[4] failed on node-3, attempt 2: TypeError: Cannot read properties of undefined (reading 'carrier')
    at summarise (Cell [2]:4:18)
  4 tasks skipped because total[4] has no result
  %why total[4] tells more; %rerun total --failed tries again what has no result`)
  })

  it('of many nodes shows the lost ones and says how many more there are', () => {
    const text = summaryOf('a thousand nodes')
    expect(text).toMatch(/^ {2}node-614 +4 .* lost at 500 ms: its process ended with signal SIGKILL$/m)
    expect(text).toMatch(/^ {2}and 993 more nodes$/m)
  })

  it('of a run without any node says where to look', () => {
    expect(summaryOf('no nodes')).toContain('%cluster shows which cluster the notebook uses')
  })

  it.each(Object.keys(samples))('of %s has at most 25 lines of at most 110 letters, without any that disturb', (name) => {
    const lines = summaryOf(name).split('\n')
    expect(lines.length).toBeLessThanOrEqual(25)
    for (const line of lines) {
      expect(line.length).toBeLessThanOrEqual(110)
      expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u)
    }
  })
})

describe('a bundle', () => {
  it('holds the record, the picture and the summary, and no HTML', () => {
    const record = samples['a single task']!()
    expect(runBundle(record, Uint8Array.of(1, 2, 3))).toEqual({
      'application/vnd.sluice.run.v1+json': record, 'image/png': 'AQID', 'text/plain': summarize(record),
    })
    expect(Object.keys(runBundle(record))).toEqual(['application/vnd.sluice.run.v1+json', 'text/plain'])
  })
})

describe('amounts', () => {
  it.each([
    [0, '0 ms'], [0.44, '0.4 ms'], [9.96, '10 ms'], [850, '850 ms'], [999.6, '1 s'], [3200, '3.2 s'], [9960, '10 s'], [45_300, '45.3 s'], [99_960, '100 s'],
    [125_000, '2 min 5 s'], [6_000_000, '100 min'], [7_200_000, '2 h'], [9_000_000, '2 h 30 min'], [300_000_000, '3 d 11 h'],
  ])('%d ms are %s', (ms, text) => expect(duration(ms)).toBe(text))

  it.each([[0, '0 B'], [512, '512 B'], [1536, '1.5 KiB'], [5 * 2 ** 30, '5 GiB'], [2 ** 62, '4096 PiB']])('%d bytes are %s', (n, text) => expect(bytes(n)).toBe(text))

  it.each([[0, '0 %'], [0.001, '1 %'], [0.5, '50 %'], [0.999, '99 %'], [1, '100 %']])('%d of it is %s', (part, text) => expect(percent(part)).toBe(text))

  it.each([[0, '0'], [0.123, '0.12'], [4.56, '4.6'], [45.6, '46'], [312, '312'], [18_987, '19,000']])('%d a second is %s', (n, text) => expect(rate(n)).toBe(text))

  it('are counted with commas and in number', () => {
    expect(count(1_234_567)).toBe('1,234,567')
    expect(counted(1, 'task')).toBe('1 task')
    expect(counted(0, 'task')).toBe('0 tasks')
  })

  it('leave harmless names alone, whatever their script', () => {
    for (const name of ['delays', 'Zürich 2001-01', '日本語', 'שלום', '👩‍🚀'.replace('\u200d', '')]) expect(plain(name)).toBe(name)
    expect(plain('a\u202eb\u0007\n\tc  d')).toBe('ab c d')
    expect(plain('x'.repeat(10_000), 20)).toHaveLength(20)
  })
})
