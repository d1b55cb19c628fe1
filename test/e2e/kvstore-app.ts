/** The example kvstore as a process under test, which records its calls: kvstore-app.ts ADDRESS TRANSPORT [RECORDING] */
import { appendFileSync } from "node:fs";
import { kvstore } from "../../abci/example/kvstore.ts";
import { startServer } from "../../abci/index.ts";
import { formatRecorded, record } from "../abci/recorder.ts";

const [, , address, transport, recording] = process.argv;
const app = kvstore();
const recorded = recording ? record(app, (each) => appendFileSync(recording, formatRecorded(each))) : app;
const say = (fields: object, message: string): void => console.log(message, JSON.stringify(fields));
const server = await startServer(recorded, {
  address: address!,
  transport: transport === "grpc" ? "grpc" : "socket",
  log: { info: say, warn: say, error: say },
});
process.once("SIGTERM", () => {
  server.close().then(() => process.exit(0));
});
await server.halted;
process.exit(1);
