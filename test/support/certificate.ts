import { generateKeyPairSync, sign } from 'node:crypto';

/**
 * A key and a certificate for 127.0.0.1 that signs itself, as PEM. Made for the moment: nothing secret is kept anywhere.
 *
 * @param names hosts that it is good for, too
 */
export function selfSignedCertificate(names: readonly string[] = []): {
  readonly key: string;
  readonly cert: string;
} {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const ed25519 = der(0x30, der(0x06, Buffer.from([0x2b, 0x65, 0x70])));
  const name = der(0x30, der(0x31, der(0x30, der(0x06, Buffer.from([0x55, 0x04, 0x03])), text('loopback'))));
  const times = [-1, 1].map((days) => der(0x17, Buffer.from(utcTime(Date.now() + days * 86_400_000))));
  const extensions = [
    // The certificate authority of itself, for 127.0.0.1.
    der(
      0x30,
      oid(0x13),
      der(0x01, Buffer.from([0xff])),
      der(0x04, der(0x30, der(0x01, Buffer.from([0xff])))),
    ),
    der(
      0x30,
      oid(0x11),
      der(
        0x04,
        der(
          0x30,
          der(0x87, Buffer.from([127, 0, 0, 1])),
          ...names.map((host) => der(0x82, Buffer.from(host, 'latin1'))),
        ),
      ),
    ),
  ];
  const toSign = der(
    0x30,
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([1])),
    ed25519,
    name,
    der(0x30, ...times),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, der(0x30, ...extensions)),
  );
  const signature = sign(null, toSign, privateKey);
  const whole = der(0x30, toSign, ed25519, der(0x03, Buffer.from([0]), signature));
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${whole.toString('base64')}\n-----END CERTIFICATE-----\n`,
  };
}

/** One element of X.690's distinguished encoding. */
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const size = content.length;
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}

/** An extension of X.509: 2.5.29.n. */
function oid(n: number): Buffer {
  return der(0x06, Buffer.from([0x55, 0x1d, n]));
}

function text(value: string): Buffer {
  return der(0x0c, Buffer.from(value));
}

function utcTime(ms: number): string {
  return `${new Date(ms).toISOString().replaceAll(/[-:T]/g, '').slice(2, 14)}Z`;
}
