#!/usr/bin/env node
// Runs node/main.ts from source: Node itself cannot before 22.18.
import { register } from "tsx/esm/api";

register();
await import("../node/main.ts");
