/** RNN, GRU and LSTM layers. */
import { count, MAC, MOVE, SLOW_MAC, TRANSCENDENTAL } from "../cost.ts";
import type { NodeView } from "../node-view.ts";
import type { Operator, OperatorFamily } from "../operator.ts";
import type { Value } from "../value.ts";

const ACTIVATIONS = [
  "Relu",
  "Tanh",
  "Sigmoid",
  "Affine",
  "LeakyRelu",
  "ThresholdedRelu",
  "ScaledTanh",
  "HardSigmoid",
  "Elu",
  "Softsign",
  "Softplus",
];

interface Layer {
  readonly sequence: number;
  readonly batch: number;
  readonly features: number;
  readonly directions: number;
  readonly hidden: number;
}

function readLayer(n: NodeView): Layer {
  const x = n.rank(0, 3);
  if (n.int("layout", 0) !== 0)
    n.fail("unsupportedAttribute", `"layout" = 1 is not taken: transpose to time-major`);
  const direction = n.choice("direction", ["forward", "reverse", "bidirectional"], "forward");
  const hidden = n.int("hidden_size", n.rank(2, 3)[2]!);
  return {
    sequence: x[0]!,
    batch: x[1]!,
    features: x[2]!,
    directions: direction === "bidirectional" ? 2 : 1,
    hidden,
  };
}

/** A layer with `gates` gates; `outputs` is 2, or 3 with a cell state. */
function layer(gates: number, outputs: number, activations: number): Operator {
  return {
    infer(n: NodeView) {
      const { sequence, batch, features, directions, hidden } = readLayer(n);
      const expect = (index: number, dims: readonly number[]): void => {
        if (n.has(index) && n.input(index).dims.join() !== dims.join()) {
          n.fail(
            "shapeMismatch",
            `input ${index} is [${n.input(index).dims.join(", ")}]; [${dims.join(", ")}] is needed`,
          );
        }
      };
      if (hidden < 1 || sequence < 1) n.fail("shapeMismatch", `hidden size ${hidden}, ${sequence} steps`);
      expect(1, [directions, gates * hidden, features]);
      expect(2, [directions, gates * hidden, hidden]);
      expect(3, [directions, 2 * gates * hidden]);
      expect(4, [batch]);
      expect(5, [directions, batch, hidden]);
      if (outputs === 3) {
        expect(6, [directions, batch, hidden]);
        expect(7, [directions, 3 * hidden]);
      }
      const names = n.strings("activations");
      if (names !== undefined) {
        const known = ACTIVATIONS.map((a) => a.toLowerCase());
        if (
          names.length !== activations * directions ||
          names.some((a) => !known.includes(a.toLowerCase()))
        ) {
          n.fail(
            "unsupportedAttribute",
            `activations [${names.join(", ")}]: ${activations * directions} known ones are needed`,
          );
        }
      }
      const { dtype } = n.input(0);
      const state = (): Value => n.value(dtype, [directions, batch, hidden]);
      const all: Value[] = [n.value(dtype, [sequence, directions, batch, hidden]), state()];
      if (outputs === 3) all.push(state());
      return all.slice(0, n.outputCount);
    },
    cost: (n) => {
      const { sequence, batch, features, directions, hidden } = readLayer(n);
      const steps = BigInt(sequence) * BigInt(directions) * BigInt(batch);
      const cells = steps * BigInt(gates * hidden);
      const mac = n.input(0).dtype === "float32" ? MAC : SLOW_MAC;
      // Weights are read again at every step, whatever the batch.
      const reads = BigInt(sequence) * (count(n.input(1)) + count(n.input(2)));
      return cells * BigInt(features + hidden) * mac + cells * (TRANSCENDENTAL + MOVE) + reads;
    },
    workspace: (n) => {
      const { sequence, batch, features, directions, hidden } = readLayer(n);
      return (
        8n * BigInt(sequence) * BigInt(batch) * BigInt(directions) * BigInt(2 * gates * hidden + features)
      );
    },
  };
}

export const recurrent: OperatorFamily = {
  RNN: layer(1, 2, 1),
  GRU: layer(3, 2, 2),
  LSTM: layer(4, 3, 3),
};
