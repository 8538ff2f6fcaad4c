import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

export default defineConfig({
  // The client as it is in this repository. An application of your own installs the package instead.
  resolve: {
    alias: { "authpair-browser": fileURLToPath(new URL("../../clients/browser/src/index.ts", import.meta.url)) },
  },
  esbuild: { jsx: "automatic" },
  build: {
    // The Content-Security-Policy takes neither inline scripts nor data: addresses.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { port: 3000, strictPort: true, fs: { allow: [".", "../../clients/browser"] } },
});
