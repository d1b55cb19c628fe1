export {
  getSetting,
  localSettings,
  proxyApp,
  type Settings,
  type SettingValue,
  setSettings,
} from "./config.ts";
export { CometError, type CometErrorCode } from "./errors.ts";
export {
  COMET_VERSION,
  type CometBinary,
  cometVersion,
  type FindOptions,
  findComet,
  findGo,
} from "./find.ts";
export { type CometHome, changeSettings, homeFiles, initHome, writeGenesis } from "./home.ts";
export {
  type ConsensusKey,
  consensusAddress,
  newConsensusKey,
  nodeId,
  nodeKeyFile,
  parseKeyFile,
  pubKeyJson,
  validatorKeyFile,
} from "./keys.ts";
export {
  type CometExit,
  type CometLog,
  type CometOptions,
  type CometProcess,
  startComet,
} from "./supervise.ts";
