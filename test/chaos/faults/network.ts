import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';

/** A network between a client and PostgreSQL that can be slow, and can be cut without either end being told. */
export class Network {
  /** Time that bytes are under way, in each direction, in milliseconds. */
  delayMs = 0;
  readonly #server: Server;
  readonly #target: URL;
  readonly #sockets = new Set<Socket>();
  readonly #held: (() => void)[] = [];
  #cut = false;

  private constructor(server: Server, target: URL) {
    this.#server = server;
    this.#target = target;
  }

  /** Opens a way to the server of this address. */
  static async open(databaseUrl: string): Promise<Network> {
    const server = createServer();
    const network = new Network(server, new URL(databaseUrl));
    server.on('connection', (client: Socket) => network.#join(client));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return network;
  }

  /** Address of the database on this way. */
  get url(): string {
    const url = new URL(this.#target);
    url.hostname = '127.0.0.1';
    url.port = String((this.#server.address() as AddressInfo).port);
    return url.toString();
  }

  /** Nothing arrives any more; nobody is told. */
  cut(): void {
    this.#cut = true;
  }

  /**
   * What clients had sent arrives now, late; their old connections stay dead on the way back, as after a failover. New ones work.
   */
  heal(): void {
    this.#cut = false;
    for (const deliver of this.#held.splice(0)) deliver();
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(client: Socket): void {
    const { hostname, port } = this.#target;
    const host = decodeURIComponent(hostname);
    const server = host.startsWith('/') ? connect(join(host, `.s.PGSQL.${port || 5432}`)) : connect(Number(port || 5432), host);
    let dead = false;
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(from);
      from.on('error', () => undefined);
      from.on('close', () => {
        this.#sockets.delete(from);
        if (!this.#cut && !dead) to.destroy();
      });
      from.on('data', (chunk: Buffer) => {
        if (this.#cut) dead = true;
        const deliver = (): void => void to.write(chunk);
        if (!dead) setTimeout(deliver, this.delayMs);
        else if (from === client && this.#cut) this.#held.push(deliver);
        else if (from === client) deliver();
      });
    }
  }
}
