/** Settings of the embedded server, each with its reason. They go on the command line, so that a later version changes them without touching the data. */
export function serverSettings(socketFolder: string): string[] {
  const settings: Record<string, string> = {
    // Only processes of this machine that may enter the 0700 socket folder; no port to collide or to listen on.
    listen_addresses: '',
    unix_socket_directories: quoteList(socketFolder),
    unix_socket_permissions: '0700',
    // Durability stays whole: a run's checkpoint that was told as committed survives a power cut.
    fsync: 'on',
    synchronous_commit: 'on',
    full_page_writes: 'on',
    // Enough that ingest of a large stream works in memory; pages are taken only as they are used.
    shared_buffers: '128MB',
    // One pool a process, one listener, one heartbeat and the tests' databases side by side; an unused slot costs about 20 KB.
    max_connections: '100',
    // Checkpoints are far apart under ingest, whole pages are logged once between them.
    max_wal_size: '2GB',
    checkpoint_timeout: '15min',
    // Nobody replicates a laptop's server: smaller log, cheaper bulk loads.
    wal_level: 'minimal',
    max_wal_senders: '0',
    // Saves three processes at rest; reads are of hot pages.
    io_method: 'sync',
    // Statements are short; compiling one costs more than it saves.
    jit: 'off',
    // A client that vanished (power, kill -9 of a container) is noticed by the next probe rather than after hours.
    client_connection_check_interval: '10s',
    timezone: 'UTC',
    log_timezone: 'UTC',
    // Statements and rows may hold what must not be in a log: only what the server says about itself, without values.
    log_min_messages: 'log',
    log_min_error_statement: 'panic',
    log_error_verbosity: 'terse',
    log_parameter_max_length_on_error: '0',
    log_checkpoints: 'off',
    // The log file is ours to bound; no collector process.
    logging_collector: 'off',
    log_destination: 'stderr',
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/** The setting is a list: quotes keep a comma or space inside a path. */
function quoteList(path: string): string {
  return `"${path.replaceAll('"', '""')}"`;
}
