/** The chain as a process under test: chain-app.ts ADDRESS TRANSPORT DATABASE CHAIN_ID */
import { startServer } from "../../abci/index.ts";
import { CanonicalEngine } from "../../chain/engine/engine.ts";
import { openApp } from "../../chain/open.ts";

const [, , address, transport, path, chainId] = process.argv;
const show = (_: string, value: unknown): unknown => (typeof value === "bigint" ? value.toString() : value);
const say = (fields: object, message: string): void => console.log(message, JSON.stringify(fields, show));
const log = { info: say, warn: say, error: say };
const engine = await CanonicalEngine.start({ workers: 1 });
const { app, close } = await openApp(
  { path: path!, chainId: chainId!, version: "test", checkInvariants: true },
  { engine, log },
);
const server = await startServer(app, {
  address: address!,
  transport: transport === "grpc" ? "grpc" : "socket",
  log,
});
process.once("SIGTERM", () => {
  server
    .close()
    .then(close)
    .then(() => process.exit(0));
});
await server.halted;
process.exit(1);
