import t from "tap";
import type { ComputeRequest } from "../../../../chain/runtime/compute.ts";
import { GasMeter } from "../../../../chain/runtime/gas.ts";
import { ask, matmul, publishModel, vector } from "../samples.ts";
import { okOutcome, Sandbox } from "../sandbox.ts";

const inputs = [vector(4, 1)];

function started(modelCacheBytes?: number): { readonly sandbox: Sandbox; readonly modelId: bigint } {
  const options = modelCacheBytes === undefined ? {} : { modelCacheBytes };
  const sandbox = new Sandbox({ ...options, funds: { alice: 1_000_000_000n } });
  const modelId = sandbox.block(() => publishModel(sandbox, "owner", matmul(4)));
  return { sandbox, modelId };
}

t.test("an inference takes the same gas whether the node remembers the model or not", async (t) => {
  const [remembers, forgets] = [started(), started(1)];
  const gas = ({ sandbox, modelId }: ReturnType<typeof started>) =>
    sandbox.block(() => {
      ask(sandbox, { requester: "alice", modelId, inputs });
      return ask(sandbox, { requester: "alice", modelId, inputs }).gasUsed;
    });
  t.equal(gas(remembers), gas(forgets));
});

t.test("a model's file that is read when its transaction is over is charged to nobody", async (t) => {
  const { sandbox, modelId } = started();
  let asked: ComputeRequest | undefined;
  sandbox.compute.answer = (request) => {
    asked = request;
    return okOutcome([]);
  };
  sandbox.block(() => ask(sandbox, { requester: "alice", modelId, inputs }));
  const gas = new GasMeter();
  const { bytes } = sandbox.modules.models.callable(sandbox.context("deliver", gas), modelId);
  const before = gas.used;
  t.strictSame(bytes(), matmul(4));
  t.strictSame(asked!.modelBytes(), matmul(4));
  t.equal(gas.used, before);
});
