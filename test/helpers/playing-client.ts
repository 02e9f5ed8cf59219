import { RtmpClient, type RtmpClientOptions } from '../../src/demo/rtmp-client.js';

/** A connection that can play as well, and knows where it comes from. */
export class PlayingClient extends RtmpClient {
  /** As `connectRtmp`. */
  static async connect(options: RtmpClientOptions): Promise<PlayingClient> {
    const client = new PlayingClient(options);
    try {
      await client.open();
      return client;
    } catch (error) {
      client.close();
      throw error;
    }
  }

  /** Address and port of our end. */
  get local(): { readonly address: string; readonly port: number } {
    const { localAddress = '', localPort = 0 } = this.socket;
    return { address: localAddress, port: localPort };
  }

  /** Plays a stream; resolves with the message stream id when the server has accepted. */
  async play(stream: string): Promise<number> {
    const streamId = await this.createStream();
    const started = this.status('NetStream.Play.Start');
    this.command('play', streamId, [null, stream]);
    await started;
    return streamId;
  }
}
