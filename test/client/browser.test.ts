import { fileURLToPath } from "node:url";
import { createContext, runInContext } from "node:vm";
import { build } from "esbuild";
import t from "tap";
import { encodeLightBlock, headerHash } from "../../client/light/index.ts";
import { recordedBlocks } from "./light/chain.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

async function bundle(contents: string): Promise<{ code: string; inputs: string[] }> {
  const { outputFiles, metafile } = await build({
    stdin: { contents, resolveDir: root, loader: "ts" },
    bundle: true,
    // A node: import is an error on this platform.
    platform: "browser",
    format: "iife",
    globalName: "sdk",
    target: "es2022",
    minify: true,
    write: false,
    metafile: true,
    logLevel: "silent",
  });
  return { code: outputFiles[0]!.text, inputs: Object.keys(metafile.inputs) };
}

/** What a page has, and nothing that only Node has. */
function page(): Record<string, unknown> {
  const { TextEncoder, TextDecoder, crypto, fetch, AbortSignal, setTimeout, clearTimeout, URL } = globalThis;
  return createContext({
    TextEncoder,
    TextDecoder,
    crypto,
    fetch,
    AbortSignal,
    setTimeout,
    clearTimeout,
    URL,
  }) as Record<string, unknown>;
}

t.test("the whole SDK bundles for browsers, with no module of Node in it", async (t) => {
  const { code, inputs } = await bundle('export * from "./client/index.ts";');
  t.notMatch(code, /require\(["'](node:)?(fs|path|crypto|buffer|net|http|stream|zlib)/);
  const rooms = new Set(
    inputs
      .filter((each) => !each.startsWith("node_modules/"))
      .map((each) => each.split("/").slice(0, 2).join("/")),
  );
  t.notOk(
    [...rooms].some((room) =>
      /^(node|abci|genesis|chain\/modules\/(?!inference|compute)|chain\/tx)/.test(room),
    ),
    [...rooms].join(" "),
  );
  const foreign = inputs
    .filter((each) => each.startsWith("node_modules/"))
    .map((each) => each.split("/").slice(1, 3).join("/"));
  t.strictSame([...new Set(foreign)].sort(), [
    "@noble/curves",
    "@noble/hashes",
    "@scure/base",
    "@scure/bip32",
    "@scure/bip39",
  ]);
  t.ok(code.length < 400_000, `${code.length} bytes`);
  t.comment(`${code.length} bytes minified`);
});

t.test("a page verifies the recorded chain and signs, without Buffer, process or require", async (t) => {
  const { code } = await bundle(`
    import { decodeLightBlock, LightClient, keyFromMnemonic, addressOf, singlePublicKey, verifySignature } from "./client/index.ts";
    export async function verify(encoded, hash, from, to) {
      const blocks = new Map(encoded.map((bytes) => decodeLightBlock(bytes)).map((block) => [block.header.height, block]));
      const primary = { url: "page", lightBlock: async (height) => blocks.get(height) };
      const now = () => blocks.get(to).header.time;
      const light = await LightClient.create({ chainId: blocks.get(from).header.chainId, trusted: { height: from, hash }, primary, trustingPeriod: 100000n, now });
      return (await light.verifyHeight(to)).header.appHash;
    }
    export function sign(words) {
      const key = keyFromMnemonic(words);
      const message = new TextEncoder().encode("hello");
      return addressOf(singlePublicKey(key.publicKey), "cosmos") + " " + verifySignature(key.publicKey, message, key.sign(message));
    }
  `);
  const context = page();
  runInContext(`${code}; globalThis.sdk = sdk;`, context);
  const sdk = context["sdk"] as {
    verify(encoded: Uint8Array[], hash: Uint8Array, from: bigint, to: bigint): Promise<Uint8Array>;
    sign(words: string): string;
  };
  const absent = runInContext("typeof Buffer + typeof process + typeof require", context);
  t.equal(absent, "undefinedundefinedundefined");
  const blocks = recordedBlocks();
  // Bytes of the page's own realm, as fetch would give them.
  const own = (bytes: Uint8Array) =>
    runInContext(`Uint8Array.from([${bytes.join()}])`, context) as Uint8Array;
  const verified = await sdk.verify(
    blocks.map((block) => own(encodeLightBlock(block))),
    own(headerHash(blocks[1]!.header)),
    2n,
    20n,
  );
  t.strictSame([...verified], [...blocks[19]!.header.appHash]);
  const words =
    "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";
  t.equal(sdk.sign(words), "cosmos19rl4cm2hmr8afy4kldpxz3fka4jguq0auqdal4 true");
});
