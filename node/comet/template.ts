/** The config.toml of a new home. What it leaves out has CometBFT's own default. */
export const configTemplate = `# CometBFT configuration. Documentation: https://docs.cometbft.com/
# Durations are numbers with a unit: "500ms", "3s". A setting left out has CometBFT's default.

# Where the application serves ABCI, and by which transport: "socket" or "grpc". opgd start sets both by itself.
proxy_app = "tcp://127.0.0.1:26658"
abci = "socket"

# Name of this node, seen by its peers.
moniker = "node"

db_backend = "goleveldb"
db_dir = "data"

# debug, info, error or none; by module: "consensus:debug,*:error".
log_level = "info"
log_format = "plain"

genesis_file = "config/genesis.json"
priv_validator_key_file = "config/priv_validator_key.json"
priv_validator_state_file = "data/priv_validator_state.json"
# A remote signer connects here, when there is one.
priv_validator_laddr = ""
node_key_file = "config/node_key.json"
filter_peers = false

[rpc]
laddr = "tcp://127.0.0.1:26657"
# Origins of browsers that may call, such as "*".
cors_allowed_origins = []
cors_allowed_methods = ["HEAD", "GET", "POST"]
cors_allowed_headers = ["Origin", "Accept", "Content-Type", "X-Requested-With", "X-Server-Time"]
grpc_laddr = ""
# Routes that can harm the node, such as dial_peers.
unsafe = false
max_open_connections = 900
max_subscription_clients = 100
max_subscriptions_per_client = 5
timeout_broadcast_tx_commit = "10s"
max_request_batch_size = 10
# A transaction of max_tx_bytes, in hex, as its gas is estimated: CometBFT's own 1 MB is less than it takes as mempool.
max_body_bytes = 3000000
max_header_bytes = 1048576
tls_cert_file = ""
tls_key_file = ""
pprof_laddr = ""

[p2p]
laddr = "tcp://0.0.0.0:26656"
# The address that others reach this node at, host:port, when it differs from laddr.
external_address = ""
# id@host:port, separated by commas.
seeds = ""
persistent_peers = ""
addr_book_file = "config/addrbook.json"
# False on private networks: addresses that the internet cannot reach are kept.
addr_book_strict = true
max_num_inbound_peers = 40
max_num_outbound_peers = 10
unconditional_peer_ids = ""
persistent_peers_max_dial_period = "0s"
flush_throttle_timeout = "10ms"
max_packet_msg_payload_size = 1024
send_rate = 5120000
recv_rate = 5120000
pex = true
seed_mode = false
private_peer_ids = ""
allow_duplicate_ip = false
handshake_timeout = "20s"
dial_timeout = "3s"

[mempool]
type = "flood"
recheck = true
broadcast = true
# Transactions, and their bytes.
size = 5000
max_txs_bytes = 67108864
cache_size = 10000
keep-invalid-txs-in-cache = false
max_tx_bytes = 1048576

[statesync]
enable = false
# At least two, separated by commas; trust_height and trust_hash name a block you know to be right.
rpc_servers = ""
trust_height = 0
trust_hash = ""
trust_period = "168h0m0s"
discovery_time = "15s"
temp_dir = ""
chunk_request_timeout = "10s"
chunk_fetchers = "4"

[blocksync]
version = "v0"

[consensus]
wal_file = "data/cs.wal/wal"
timeout_propose = "3s"
timeout_propose_delta = "500ms"
timeout_prevote = "1s"
timeout_prevote_delta = "500ms"
timeout_precommit = "1s"
timeout_precommit_delta = "500ms"
timeout_commit = "1s"
# Blocks to look back for a signature of ours before joining; 0 does not look.
double_sign_check_height = 0
skip_timeout_commit = false
create_empty_blocks = true
create_empty_blocks_interval = "0s"
peer_gossip_sleep_duration = "100ms"
peer_query_maj23_sleep_duration = "2s"

[storage]
discard_abci_responses = false

[tx_index]
# kv, null or psql.
indexer = "kv"
psql-conn = ""

[instrumentation]
prometheus = false
prometheus_listen_addr = ":26660"
max_open_connections = 3
namespace = "cometbft"
`;
