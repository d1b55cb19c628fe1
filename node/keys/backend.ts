/** Where account keys are kept: in the clear, for development, or sealed by a passphrase. */
export const BACKENDS = ["test", "file"] as const;
export type Backend = (typeof BACKENDS)[number];
