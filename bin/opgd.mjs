#!/usr/bin/env node
// From source in a checkout, by tsx, as Node itself cannot before 22.18; compiled in the published package.
import { existsSync } from "node:fs";

if (existsSync(new URL("../node/main.ts", import.meta.url))) {
  const { register } = await import("tsx/esm/api");
  register();
  await import("../node/main.ts");
} else {
  await import("../dist/node/main.js");
}
