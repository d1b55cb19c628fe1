/** The queries of the compute market. */
import { Query as Compute } from "../../../proto/gen/opg.compute.v1.ts";
import { type QueryGroup, row } from "./query.ts";

export const MARKET: QueryGroup = {
  name: "compute",
  about: "the compute market: operators, offers and jobs",
  verbs: [
    row("operator <operator>", Compute.methods.Operator, "one operator, with its bond and record"),
    row("operators", Compute.methods.Operators, "all operators"),
    row("offers", Compute.methods.Offers, "all offers", {
      flags: { operator: "only those of one operator", model_id: "only those for one model" },
    }),
    row("tolerance <model_id>", Compute.methods.Tolerance, "within which bounds a model's answers are right"),
    row(
      "quote <model_id> <verification>",
      Compute.methods.Quote,
      "what a job would cost now, how long it would take and who could take it",
      { flags: { items: "items of the job; default: 1" } },
    ),
    row("job <job_id>", Compute.methods.Job, "one job"),
    row("jobs", Compute.methods.Jobs, "all jobs", {
      flags: {
        requester: "only those of one account",
        operator: "only those of one operator",
        model_id: "only those of one model",
        status: "only those of one status, such as posted or settled",
      },
    }),
    row("inputs <job_id>", Compute.methods.JobInputs, "inputs of a job that is open"),
    row("outputs <job_id>", Compute.methods.JobOutputs, "answers of a job, while kept"),
    row("verdicts <job_id>", Compute.methods.Verdicts, "what validators said of a job"),
    row(
      "item-proof <job_id> <index>",
      Compute.methods.ItemProof,
      "the Merkle path from an item to its job's root",
    ),
    row("params", Compute.methods.Params, "parameters"),
  ],
};
