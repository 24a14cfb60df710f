import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Of localhost, signed by itself, good for nothing but tests; valid until 2125. */
const cert = `-----BEGIN CERTIFICATE-----
MIIBmzCCAUGgAwIBAgIUVYfc4CvjQt2uZ05ONDneshM1+DMwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyNjEwMzI0OVoYDzIxMjYxMTAy
MTAzMjQ5WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAT43pi6kzF+/EDjAmtnc5RtUfCPlgbHGJJ624XF+gh4M8aS2B1DpCh0
NB49EGSEXErPGlBNerjft3ih1UQvW05Uo28wbTAdBgNVHQ4EFgQUiQG08LoRk9I7
AcvC1gkn1UwF3VEwHwYDVR0jBBgwFoAUiQG08LoRk9I7AcvC1gkn1UwF3VEwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSAAwRQIhANm1crAqALjUUAnv9VcUCl+ytdfLALvSOZdoNfD74okkAiA4
+Pr+ktIRd9LmGhOwBnvskvi/bREHLM7Ix0CnMUM0NA==
-----END CERTIFICATE-----
`;
const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgaSNfT2lsbA9QjkDs
weOpC9+adXbKyO0EAO0uRveb1eihRANCAAT43pi6kzF+/EDjAmtnc5RtUfCPlgbH
GJJ624XF+gh4M8aS2B1DpCh0NB49EGSEXErPGlBNerjft3ih1UQvW05U
-----END PRIVATE KEY-----
`;

/** What a server needs for TLS, and the file that its clients trust. */
export const certificate = async (): Promise<{
  readonly tls: { readonly cert: string; readonly key: string; readonly caFile: string };
  readonly remove: () => Promise<void>;
}> => {
  const folder = await mkdtemp(join(tmpdir(), 'certificate-'));
  const caFile = join(folder, 'ca.pem');
  await writeFile(caFile, cert);
  return { tls: { cert, key, caFile }, remove: () => rm(folder, { recursive: true }) };
};
