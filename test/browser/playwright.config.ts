import { join } from 'node:path'
import { defineConfig } from '@playwright/test'
import { findChromium, root } from '../../kernel/setup/environment.mjs'

const results = join(root, 'test-results')
const executablePath = findChromium()
if (executablePath === undefined) throw new Error('there is no Chromium: npm test installs it or says how, as does node test/run.mjs browser')

export default defineConfig({
  testDir: '.',
  outputDir: join(results, 'browser'),
  // There is one server and one kernel's worth of cores.
  workers: 1,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  forbidOnly: true,
  reporter: [['list'], ['json', { outputFile: join(results, 'browser.json') }]],
  use: {
    viewport: { width: 1280, height: 900 },
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath,
      // Chromium's sandbox does not work for a container's root, who has no other user to be.
      args: [...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), '--disable-background-networking', '--disable-component-update', '--no-first-run'],
    },
  },
})
