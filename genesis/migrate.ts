/**
 * Takes a genesis from the form of one version of this program to that of another. Each version whose modules read another
 * form than the one before has a step here; so far there is one version, and nothing to change.
 */
import { type GenesisDocument, GenesisError } from "./document.ts";

export interface GenesisStep {
  /** Version that reads what this step makes, as `major.minor.patch`. */
  readonly to: string;
  readonly apply: (document: GenesisDocument) => GenesisDocument;
}

/** In ascending order. */
export const GENESIS_STEPS: readonly GenesisStep[] = [{ to: "0.1.0", apply: (document) => document }];

/**
 * @param from version that wrote it; if it is not given, what `app_version` says, else the first
 * @param to version that is to read it
 * @throws GenesisError if either is no version, or one that has no steps; or if `to` is before `from`
 */
export function migrateGenesis(
  document: GenesisDocument,
  { from, to }: { readonly from?: string; readonly to: string },
  steps = GENESIS_STEPS,
): GenesisDocument {
  const known = steps.map((step) => step.to);
  const written = from ?? writtenBy(document) ?? known[0]!;
  const [first, last] = [indexOf(known, written, "from"), indexOf(known, to, "target version")];
  if (last < first)
    throw new GenesisError("invalid", `target version: ${to} is before ${written}; there is no way back`);
  const made = steps.slice(first + 1, last + 1).reduce((made, { apply }) => apply(made), document);
  return { ...made, ...("app_version" in document ? { app_version: to } : {}) };
}

/** What the SDK's tools write for people, if they did. */
function writtenBy(document: GenesisDocument): string | undefined {
  const version = (document as { readonly app_version?: unknown }).app_version;
  return typeof version === "string" && version !== "" ? version : undefined;
}

function indexOf(known: readonly string[], version: string, name: string): number {
  const index = known.indexOf(version.replace(/^v/, ""));
  if (index >= 0) return index;
  throw new GenesisError(
    "invalid",
    `${name}: ${JSON.stringify(version)} is no version with a genesis of its own; there are ${known.join(", ")}`,
  );
}
