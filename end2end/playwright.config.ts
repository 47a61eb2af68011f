import { defineConfig, devices } from '@playwright/test';

// Chromium's own traffic to its vendor is switched off: it would show up as failed requests on a closed network.
const quiet = ['--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

export default defineConfig({
  testDir: 'journeys',
  outputDir: 'test-results',
  forbidOnly: !!process.env.CI,
  fullyParallel: false,
  workers: 2,
  // A limit for what hangs. A journey takes some seconds, and a minute where other builds keep all processors busy.
  timeout: 150_000,
  expect: { timeout: 10_000 },
  reporter: [['list']],
  use: {
    ...devices['Desktop Chrome'],
    acceptDownloads: true,
    // An element that never appears fails its step with the name of the element, long before the limit of the journey.
    actionTimeout: 60_000,
    timezoneId: 'America/Montreal',
    launchOptions: { executablePath: process.env.CLEARHOOK_CHROMIUM, args: ['--no-sandbox', '--disable-gpu', ...quiet] },
  },
  projects: [
    { name: 'chromium' },
    { name: 'no-scripts', use: { javaScriptEnabled: false }, testMatch: ['journey.spec.ts', 'actions.spec.ts', 'forms.spec.ts', 'logs.spec.ts', 'log_search.spec.ts', 'administration.spec.ts', 'account.spec.ts', 'unsaved.spec.ts', 'catalogue.spec.ts', 'event_types.spec.ts', 'list.spec.ts', 'menus.spec.ts', 'owners.spec.ts', 'filters.spec.ts', 'picker.spec.ts', 'preferences.spec.ts', 'waiting.spec.ts', 'verify.spec.ts', 'overview.spec.ts', 'sections.spec.ts', 'pause.spec.ts', 'built.spec.ts'] },
    ...(process.env.CLEARHOOK_PICTURES ? [{ name: 'pictures', testDir: 'pictures' }] : []),
  ],
});
