/** What a genesis says beside the state of the modules: names, time, first height. Source: CometBFT v0.40 types/genesis.go. */

/** A fault and its place: the problem as it is shown is `path: message`. */
export interface Fault {
  readonly path: string;
  readonly message: string;
}

export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(json: unknown): json is JsonObject {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}

/** A value as a message shows it. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

/** Each answers what is wrong with its field, if something is. */
const CHECKS: Readonly<Record<string, (value: unknown) => string | undefined>> = {
  chain_id: (value) =>
    typeof value === "string" && /^[a-zA-Z0-9._-]{1,50}$/.test(value)
      ? undefined
      : `${shown(value)} must have 1 to 50 letters, digits or . _ -`,
  initial_height: (value) =>
    value === undefined || (typeof value === "string" && /^[1-9]\d{0,17}$/.test(value))
      ? undefined
      : `${shown(value)} is no positive integer in text, such as "1"`,
  genesis_time: (value) =>
    typeof value === "string" && isTime(value)
      ? undefined
      : `${shown(value)} is no RFC 3339 time, such as "2026-01-31T12:00:00Z"`,
  app_state: (value) =>
    isObject(value) ? undefined : `${shown(value)} must be an object with one entry a module`,
};

function isTime(text: string): boolean {
  return (
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/.test(text) &&
    !Number.isNaN(Date.parse(text))
  );
}

/** Faults that keep a genesis from being read at all. */
export function headFaults(genesis: JsonObject): readonly Fault[] {
  return Object.entries(CHECKS).flatMap(([path, check]) => {
    const message = check(genesis[path]);
    return message === undefined ? [] : [{ path, message }];
  });
}

/** Those that CometBFT reads or that the Cosmos SDK writes for people. */
const KNOWN = new Set([
  ...Object.keys(CHECKS),
  "consensus_params",
  "validators",
  "app_hash",
  "app_name",
  "app_version",
]);

/** Faults of the fields that CometBFT would pass over in silence. */
export function strangerFaults(genesis: JsonObject): readonly Fault[] {
  const strangers = Object.keys(genesis).filter((name) => !KNOWN.has(name));
  return strangers.map((path) => ({
    path,
    message:
      path === "consensus"
        ? "CometBFT does not read it; give its params as consensus_params"
        : "nobody reads a field of this name; remove it",
  }));
}

/** The state is made of app_state alone: a hash or validators beside it would contradict it. */
export function leftoverFaults({ app_hash, validators }: JsonObject): readonly Fault[] {
  return [
    ...(app_hash === undefined || app_hash === ""
      ? []
      : [{ path: "app_hash", message: `${shown(app_hash)} must be "": the state is that of app_state` }]),
    ...(validators === undefined ||
    validators === null ||
    (Array.isArray(validators) && validators.length === 0)
      ? []
      : [
          {
            path: "validators",
            message: "must be empty or left out: app_state.staking and app_state.genutil name them",
          },
        ]),
  ];
}
