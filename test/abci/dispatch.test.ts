import t from "tap";
import { type Call, type CallName, calls } from "../../abci/calls.ts";
import { Dispatcher } from "../../abci/dispatch.ts";
import { type AbciFault, type Application, baseApplication } from "../../abci/index.ts";
import { randomFrom } from "./random.ts";

const callNamed = (name: CallName): Call => calls.find((call) => call.name === name)!;
const requestOf = (name: CallName): unknown => callNamed(name).decode(new Uint8Array());
const quiet = { info: () => {}, warn: () => {}, error: () => {} };
const names = Object.keys(baseApplication) as (keyof Application)[];

interface Gate {
  readonly name: CallName;
  open(): void;
}

/** An application whose calls end when the test says. */
function gated(): { app: Application; running: Gate[]; started: CallName[] } {
  const running: Gate[] = [];
  const started: CallName[] = [];
  const app = Object.fromEntries(
    names.map((name) => [
      name,
      (request: never) => {
        started.push(name);
        return new Promise((resolve) => {
          const gate = {
            name,
            open() {
              running.splice(running.indexOf(gate), 1);
              resolve(baseApplication[name](request));
            },
          };
          running.push(gate);
        });
      },
    ]),
  ) as unknown as Application;
  return { app, running, started };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

t.test("which calls may run at the same time, for every pair of calls", async (t) => {
  for (const first of names) {
    for (const second of names) {
      const { app, started } = gated();
      const dispatcher = new Dispatcher({ log: quiet, onFault: () => {} }, app);
      dispatcher.dispatch(callNamed("info"), requestOf("info"), () => {});
      started.length = 0;
      dispatcher.dispatch(callNamed(first), requestOf(first), () => {});
      dispatcher.dispatch(callNamed(second), requestOf(second), () => {});
      const [a, b] = [callNamed(first), callNamed(second)];
      const free = a.lane === "free" || b.lane === "free";
      const overlap = free || (a.lane !== b.lane && !a.exclusive && !b.exclusive);
      t.strictSame(started, overlap ? [first, second] : [first], `${first} and ${second}`);
    }
  }
});

t.test(
  "no two calls that exclude each other overlap in any order of arrival, and all are answered in lane order",
  async (t) => {
    const { below, seed } = randomFrom(process.env["ABCI_SEED"]);
    t.comment(`seed ${seed}`);
    for (let run = 0; run < 60; run++) {
      const { app, running, started } = gated();
      const dispatcher = new Dispatcher({ log: quiet, onFault: () => t.fail("no fault is due") }, app);
      dispatcher.dispatch(callNamed("info"), requestOf("info"), () => {});
      running[0]!.open();
      await settled();
      started.length = 0;
      const sent: CallName[] = [];
      let answered = 0;
      for (let step = 0; step < 120; step++) {
        if (below(2) === 0) {
          const name = names[below(names.length)]!;
          sent.push(name);
          dispatcher.dispatch(callNamed(name), requestOf(name), () => answered++);
        } else if (running.length > 0) {
          running[below(running.length)]!.open();
          await settled();
        }
        const lanes = running.map(({ name }) => callNamed(name));
        const consensus = lanes.filter(({ lane }) => lane === "consensus");
        const mempool = lanes.filter(({ lane }) => lane === "mempool");
        if (consensus.length > 1 || mempool.length > 1 || (consensus[0]?.exclusive && mempool.length > 0)) {
          t.fail(`seed ${seed}, run ${run}: ${lanes.map(({ name }) => name)} run together`);
        }
      }
      while (running.length > 0) {
        running[0]!.open();
        await settled();
      }
      t.equal(answered, sent.length, "every call is answered once");
      for (const lane of ["consensus", "mempool"] as const) {
        const inLane = (name: CallName): boolean => callNamed(name).lane === lane;
        t.strictSame(started.filter(inLane), sent.filter(inLane), `${lane} calls run in order of arrival`);
      }
    }
  },
);

const decides = ["info", "initChain", "offerSnapshot", "applySnapshotChunk", "finalizeBlock", "commit"];

for (const manner of ["throws", "rejects", "answers what cannot be encoded"] as const) {
  t.test(
    `an application that ${manner} halts the server where state is decided, and nowhere else`,
    async (t) => {
      for (const name of names) {
        const fail = (): unknown => {
          if (manner === "throws") throw new RangeError("the disk is full");
          if (manner === "rejects") return Promise.reject(new RangeError("the disk is full"));
          return {
            txs: 5,
            status: {},
            code: "x",
            result: {},
            snapshots: 1,
            chunk: 1,
            data: 3,
            voteExtension: 3,
            txResults: 1,
            validators: 1,
            retainHeight: "x",
          };
        };
        const app = { ...baseApplication, [name]: fail } as Application;
        let fault: AbciFault | undefined;
        const dispatcher = new Dispatcher({ log: quiet, onFault: (seen) => (fault = seen) }, app);
        if (name !== "info") dispatcher.dispatch(callNamed("info"), requestOf("info"), () => {});
        let answer: Uint8Array | undefined;
        dispatcher.dispatch(callNamed(name), requestOf(name), (body) => (answer = body));
        await settled();
        if (decides.includes(name)) {
          t.equal(fault?.call, name, `${name} halts`);
          t.equal(answer, undefined, `${name} is not answered`);
          let later = false;
          dispatcher.dispatch(callNamed("query"), requestOf("query"), () => (later = true));
          t.notOk(later, "nothing is answered afterwards");
        } else {
          t.equal(fault, undefined, `${name} does not halt`);
          t.type(answer, Uint8Array, `${name} is answered`);
        }
      }
    },
  );
}

t.test("a block before a handshake halts", async (t) => {
  for (const name of names.filter(
    (each) => callNamed(each).lane === "consensus" && !callNamed(each).greeting,
  )) {
    let fault: AbciFault | undefined;
    const dispatcher = new Dispatcher({ log: quiet, onFault: (seen) => (fault = seen) }, baseApplication);
    dispatcher.dispatch(callNamed(name), requestOf(name), () => t.fail("no answer is due"));
    t.match(fault?.message, /without a handshake/, name);
  }
});
