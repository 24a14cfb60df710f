import { errors, type JWTPayload, jwtVerify, type JWTVerifyGetKey } from 'jose';
import { isRejection, reject } from '../../kernel/rejection.js';
import {
  type Identity,
  type IssuerStatus,
  type TokenRefusal,
  type TokenVerifier,
} from '../../ports/token-verifier.js';
import { claimAt, textIn, textsIn } from './claims.js';

export interface JwtRules {
  readonly issuer: string;
  readonly audience: string;
  /** Names of claims, or dotted paths to them. */
  readonly rolesClaim: string;
  readonly customerClaim: string;
  readonly toleranceSeconds: number;
}

export interface KeySource {
  readonly keyFor: JWTVerifyGetKey;
  readonly known: boolean;
  readonly lastFailure: string | null;
  close(): void;
}

/** Whoever knows a public key must not be able to sign with it: no HS*, and no `none`. */
const algorithms = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];

/** JSON Web Tokens of one issuer, for one audience. */
export class JwtVerifier implements TokenVerifier {
  constructor(
    private readonly rules: JwtRules,
    private readonly keys: KeySource,
  ) {}

  get status(): IssuerStatus {
    const { known, lastFailure } = this.keys;
    return { issuer: this.rules.issuer, keys: known ? 'known' : 'missing', lastFailure };
  }

  async verify(token: string): Promise<Identity | TokenRefusal> {
    const claims = await this.claimsOf(token);
    if (isRejection(claims)) return claims;
    const { rolesClaim, customerClaim } = this.rules;
    const { sub: subject = '', exp = 0 } = claims;
    return {
      subject,
      roles: textsIn(claimAt(claims, rolesClaim)),
      customerId: textIn(claimAt(claims, customerClaim)),
      expiresAt: exp * 1_000,
    };
  }

  close(): void {
    this.keys.close();
  }

  private async claimsOf(token: string): Promise<JWTPayload | TokenRefusal> {
    const { issuer, audience, toleranceSeconds: clockTolerance } = this.rules;
    try {
      const { payload } = await jwtVerify(token, this.keys.keyFor, {
        ...{ issuer, audience, clockTolerance, algorithms },
        requiredClaims: ['exp', 'sub'],
      });
      return payload;
    } catch (error) {
      if (error instanceof errors.JOSEError) return refusalOf(error);
      throw error;
    }
  }
}

const refusalOf = (error: errors.JOSEError): TokenRefusal => {
  if (error instanceof errors.JWTExpired) {
    return reject('TOKEN_EXPIRED', 'The token has expired: get a new one from the issuer.');
  }
  if (error instanceof errors.JWTClaimValidationFailed) {
    const { claim, reason } = error;
    const what = reason === 'missing' ? 'is missing' : 'is not what this service accepts';
    return reject('TOKEN_INVALID', `The claim ${claim} of the token ${what}.`);
  }
  if (error instanceof errors.JOSEAlgNotAllowed) {
    return reject('TOKEN_INVALID', `The token must be signed with one of ${algorithms.join(', ')}.`);
  }
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) {
    return reject('TOKEN_INVALID', 'The token is not signed with one of the keys of the issuer.');
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) {
    return reject('TOKEN_INVALID', 'The signature of the token is not that of the issuer.');
  }
  return reject('TOKEN_INVALID', 'This is not a JSON Web Token of the issuer.');
};
