import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    testTimeout: 120_000,
    hookTimeout: 60_000,
    // Each file has services and a browser of its own.
    maxWorkers: 2,
    minWorkers: 1,
  },
});
