/**
 * The light client in a real browser. Runs where there is a Chromium (CHROMIUM_BIN, or chromium on PATH), else says so.
 */
import { execFile } from "node:child_process";
import { accessSync, constants, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { build } from "esbuild";
import t from "tap";
import { toHex } from "../../chain/runtime/bytes.ts";
import { headerHash } from "../../client/light/index.ts";
import { recordedBlocks } from "./light/chain.ts";

function findChromium(): string | undefined {
  const named = process.env["CHROMIUM_BIN"];
  if (named) return named;
  const candidates = (process.env["PATH"] ?? "")
    .split(delimiter)
    .flatMap((folder) => ["chromium", "chromium-browser", "google-chrome"].map((name) => join(folder, name)));
  return candidates.find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

interface Recording {
  readonly chain_id: string;
  readonly blocks: { readonly height: number; readonly commit: unknown; readonly validators: unknown }[];
}

const recording = JSON.parse(
  readFileSync(new URL("../vectors/light/chain.json", import.meta.url), "utf8"),
) as Recording;

/** The recorded chain as a node's RPC. */
function answer(body: string): object {
  const { method, params } = JSON.parse(body) as { method: string; params: { height?: string } };
  const block = recording.blocks.find(({ height }) => String(height) === params.height);
  const result = method === "commit" ? block?.commit : block?.validators;
  return result
    ? { jsonrpc: "2.0", id: 1, result }
    : { jsonrpc: "2.0", id: 1, error: { code: -32603, message: "not found" } };
}

async function pageScript(trustedHash: string): Promise<string> {
  const contents = `
    import { LightClient, RpcClient } from "./client/index.ts";
    const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
    const bytes = (text) => Uint8Array.from(text.match(/../g), (pair) => parseInt(pair, 16));
    try {
      const light = await LightClient.create({
        chainId: ${JSON.stringify(recording.chain_id)},
        trusted: { height: 2n, hash: bytes(${JSON.stringify(trustedHash)}) },
        primary: new RpcClient(location.origin + "/rpc"),
        trustingPeriod: 100n * 365n * 86400n,
      });
      const { header } = await light.verifyHeight(30n);
      document.body.textContent = "verified " + header.height + " " + hex(header.appHash);
    } catch (error) {
      document.body.textContent = "failed " + error;
    }`;
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: fileURLToPath(new URL("../..", import.meta.url)), loader: "ts" },
    bundle: true,
    platform: "browser",
    format: "esm",
    target: "es2022",
    write: false,
    logLevel: "silent",
  });
  return outputFiles[0]!.text;
}

const chromium = findChromium();

t.test(
  "a page in Chromium verifies the recorded chain by fetch",
  { skip: chromium ? false : "no Chromium here" },
  async (t) => {
    const blocks = recordedBlocks();
    const script = await pageScript(toHex(headerHash(blocks[1]!.header)));
    const server = createServer((request, response) => {
      if (request.url === "/page.js") {
        response.setHeader("content-type", "text/javascript").end(script);
      } else if (request.method === "POST") {
        let body = "";
        request.on("data", (part: Buffer) => {
          body += part.toString();
        });
        request.on("end", () =>
          response.setHeader("content-type", "application/json").end(JSON.stringify(answer(body))),
        );
      } else {
        response
          .setHeader("content-type", "text/html")
          .end('<!doctype html><body>working</body><script type="module" src="/page.js"></script>');
      }
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const profile = mkdtempSync(join(tmpdir(), "chromium-"));
    t.teardown(() => {
      server.closeAllConnections();
      server.close();
      rmSync(profile, { recursive: true, force: true });
    });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const args = [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      `--user-data-dir=${profile}`,
      "--virtual-time-budget=30000",
      "--dump-dom",
      url,
    ];
    const { stdout } = await promisify(execFile)(chromium!, args, { timeout: 90_000 });
    t.match(stdout, `verified 30 ${toHex(blocks[29]!.header.appHash)}`);
  },
);
