/** Plotly with no more than is drawn: lines, which its core holds, and heat maps. Large, so only ever imported when a plot is to be seen. */
import plotly from 'plotly.js/lib/core.js'
import heatmap from 'plotly.js/lib/heatmap.js'
import type { Plotly } from './figure.ts'

plotly.register([heatmap])

export const drawn: Plotly = plotly
