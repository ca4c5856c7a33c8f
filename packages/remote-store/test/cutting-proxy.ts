// SPDX-License-Identifier: Apache-2.0
// A proxy that cuts its connections again and again: what a bad network does to a session.
import net from 'node:net';

/** Connections that are cut; the ones after it stay, so that a test ends. */
const CUTS = 5;

/**
 * @param target port on loopback that it passes bytes to and from
 * @param budget bytes from the near side that connection i passes before it is cut
 * @returns the listening proxy and its port; the caller closes it
 */
export async function startCuttingProxy(
  target: number,
  budget: (connection: number) => number,
): Promise<{ proxy: net.Server; port: number }> {
  let connections = 0;
  const proxy = net.createServer((near) => {
    const far = net.connect(target, '127.0.0.1');
    let left = budget(connections++);
    const mayCut = connections <= CUTS;
    const cut = (): void => {
      near.destroy();
      far.destroy();
    };
    near.on('data', (chunk) => {
      left -= chunk.length;
      if (left < 0 && mayCut) cut();
      else far.write(chunk);
    });
    far.on('data', (chunk) => near.write(chunk));
    near.on('error', cut).on('close', cut);
    far.on('error', cut).on('close', cut);
  });
  await new Promise<void>((resolve) => void proxy.listen(0, '127.0.0.1', resolve));
  return { proxy, port: (proxy.address() as net.AddressInfo).port };
}
