/** How tasks' durations are spread: bars, with where the median and the slowest twentieth are. */
import * as React from 'react'
import type { TranslationBundle } from '@jupyterlab/translation'
import { count, duration } from '../../../kernel/cluster/view/amounts.ts'
import { position } from './durations.ts'
import type { Durations } from './durations.ts'

const WIDTH = 280
const HEIGHT = 56

export function Histogram({ trans, durations }: { readonly trans: TranslationBundle; readonly durations: Durations }): React.ReactElement {
  const { classes, least, median, p95, most, logarithmic } = durations
  const highest = Math.max(...classes)
  const step = WIDTH / classes.length
  const at = (ms: number): number => position(ms, least, most, logarithmic) * WIDTH
  const label = trans.__('%1 tasks: shortest %2, median %3, 95th percentile %4, longest %5', count(durations.count), duration(least), duration(median), duration(p95), duration(most))
  // A class with few tasks is seen all the same.
  const height = (n: number): number => (n === 0 ? 0 : Math.max(1.5, (n / highest) * (HEIGHT - 2)))
  return (
    <div className="sl-Histogram">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={label} focusable="false">
        {classes.map((n, i) => n > 0 && <rect key={i} className="sl-HistogramBar" x={i * step + 0.5} width={step - 1} y={HEIGHT - height(n)} height={height(n)} />)}
        <line className="sl-HistogramMark" x1={at(median)} x2={at(median)} y1="0" y2={HEIGHT} />
        <line className="sl-HistogramMark sl-HistogramMark-late" x1={at(p95)} x2={at(p95)} y1="0" y2={HEIGHT} />
      </svg>
      <dl className="sl-Quantiles">
        {([[trans.__('min'), least], [trans.__('median'), median], [trans.__('p95'), p95], [trans.__('max'), most]] as const).map(([name, ms]) => (
          <div key={name}><dt>{name}</dt><dd>{duration(ms)}</dd></div>
        ))}
      </dl>
      {logarithmic && <p className="sl-Quiet">{trans.__('Each bar to the right: longer by the same factor.')}</p>}
    </div>
  )
}
