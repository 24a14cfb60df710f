import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { hasKubectl, type Manifest, render } from '../../stack/kubernetes/manifests.js';
import { dangling } from './references.js';

const tested = hasKubectl ? it : it.skip;

/** What one cluster gets. */
const clusters = [
  ['dev', ['dev', '../cluster/dev']],
  ['staging', ['staging', 'eventstoredb', 'schema-registry', '../cluster/staging']],
  ['prod', ['prod', 'eventstoredb', 'schema-registry', '../cluster/prod']],
] as const;

const rendered = new Map<string, readonly Manifest[]>();
const manifestsOf = (overlay: string): readonly Manifest[] => {
  const manifests = rendered.get(overlay) ?? render(overlay);
  rendered.set(overlay, manifests);
  return manifests;
};

describe('What the manifests name', () => {
  tested.each(clusters)('is in the cluster %s', (_, overlays) => {
    expect(dangling(overlays.flatMap(manifestsOf))).toEqual([]);
  });

  // Of the object of the first column, the text of the second becomes that of the third.
  tested.each([
    [
      'Deployment bridge',
      '"secretRef":{"name":"engines',
      '"secretRef":{"name":"engine',
      /^names Secret engine, /,
    ],
    [
      'Deployment bridge',
      '"configMapRef":{"name":"',
      '"configMapRef":{"name":"x',
      /^names ConfigMap xsettings-/,
    ],
    ['Deployment bridge', '"secretName":"', '"secretName":"x', /^names Secret xeventstoredb-node, /],
    ['Deployment bridge', '"key":"ca.crt"', '"key":"ca.pem"', /^names ca.pem of Secret eventstoredb-node, /],
    [
      'Deployment bridge',
      '/authority/ca.crt',
      '/authorities/ca.crt',
      /^NODE_EXTRA_CA_CERTS is .*, in no volume/,
    ],
    [
      'Deployment bridge',
      '/authority/ca.crt',
      '/authority/ca.pem',
      /^NODE_EXTRA_CA_CERTS is .*, in no volume/,
    ],
    [
      'Deployment bridge',
      '{"mountPath":"/tmp","name":"tmp"}',
      '{"mountPath":"/tmp","name":"temp"}',
      /^mounts temp/,
    ],
    [
      'Deployment bridge',
      '"serviceAccountName":"',
      '"serviceAccountName":"x',
      /^names ServiceAccount xbridge, /,
    ],
    ['Deployment bridge', '"port":"http"', '"port":"web"', /^is probed at web/],
    [
      'Deployment bridge',
      '"labelSelector":{"matchLabels":{"app.kubernetes.io/part-of":"',
      '"labelSelector":{"matchLabels":{"app.kubernetes.io/part-of":"x',
      /^selects other pods than its own by .*xorder-processing/,
    ],
    [
      'ExternalSecret engines',
      '"target":{"creationPolicy":"Owner","name":"',
      '$&x',
      /^names Secret engines, /,
    ],
    ['ExternalSecret engines', '"name":"secrets-manager"', '"name":"vault"', /^names SecretStore vault, /],
    [
      'ScaledObject shipping-process',
      '"authenticationRef":{"name":"',
      '$&x',
      /^names TriggerAuthentication xkafka, /,
    ],
    [
      'ScaledObject shipping-process',
      '"scaleTargetRef":{"name":"',
      '$&x',
      /^names Deployment xshipping-process, /,
    ],
    [
      'HorizontalPodAutoscaler cart-api',
      '"name":"cart-api"}',
      '"name":"carts-api"}',
      /^names Deployment carts-api, /,
    ],
    [
      'StatefulSet eventstoredb',
      '"serviceName":"eventstoredb',
      '"serviceName":"commerce',
      /^has a Service commerce of other pods/,
    ],
    ['StatefulSet eventstoredb', '"serviceName":"', '"serviceName":"x', /^names Service xeventstoredb, /],
    [
      'StatefulSet eventstoredb',
      '"key":"EVENTSTORE_DEFAULT_OPS',
      '$&x',
      /^names EVENTSTORE_DEFAULT_OPSx_PASSWORD of /,
    ],
    [
      'StatefulSet eventstoredb',
      '"storageClassName":"gp3"',
      '"storageClassName":"gp2"',
      /^names StorageClass gp2, /,
    ],
    [
      'Certificate eventstoredb-node',
      '"secretName":"',
      '"secretName":"x',
      /^names Secret eventstoredb-node, /,
    ],
    [
      'Certificate eventstoredb-node',
      '"issuerRef":{"kind":"Issuer","name":"',
      '$&x',
      /^names Issuer xeventstoredb, /,
    ],
    ['Issuer eventstoredb', '"secretName":"', '"secretName":"x', /^names Secret xeventstoredb-authority, /],
    ['NodePool default', '"kind":"EC2NodeClass","name":"', '$&x', /^names EC2NodeClass xdefault, /],
    [
      'Service cart-api',
      '"targetPort":"http"',
      '"targetPort":"web"',
      /^leads to web, which Deployment cart-api has not/,
    ],
    ['Service cart-api', '"selector":{', '"selector":{"of":"nobody",', /^selects nothing by its labels/],
    ['Service cart-api', '"name":"http"', '"name":"web"', /^leads to http of cart-api, which there is not/],
    [
      'Ingress api',
      '"name":"cart-api"',
      '"name":"carts-api"',
      /^leads to http of carts-api, which there is not/,
    ],
    ['PodDisruptionBudget bridge', '"maxUnavailable":1', '"maxUnavailable":0', /^lets go of none/],
    ['PodDisruptionBudget bridge', '"maxUnavailable":1', '"minAvailable":2', /^lets go of none/],
    [
      'PodDisruptionBudget bridge',
      '"matchLabels":{',
      '"matchLabels":{"of":"nobody",',
      /^selects nothing by its labels/,
    ],
    [
      'ServiceMonitor commerce',
      '"port":"ops"',
      '"port":"metrics"',
      /^reads metrics, which its Service has not/,
    ],
    [
      'NetworkPolicy metrics',
      '"port":"ops"',
      '"port":"metrics"',
      /^leads to metrics, which Deployment bridge has not/,
    ],
    [
      'NetworkPolicy metrics',
      '"matchLabels":{"app.',
      '"matchLabels":{"xapp.',
      /^selects nothing by its labels/,
    ],
    [
      'NetworkPolicy eventstoredb-from-program',
      '{"app.kubernetes.io/name":"',
      '$&x',
      /^selects nothing by .*xeventstoredb/,
    ],
  ] as const)('is missed, when in %s %j becomes %j', (title, from, to, complaint) => {
    const whole = [
      ...manifestsOf('staging'),
      ...manifestsOf('eventstoredb'),
      ...manifestsOf('../cluster/staging'),
    ];
    const mutated = whole.map((manifest): Manifest => {
      if (`${manifest.kind} ${manifest.metadata.name}` !== title) return manifest;
      const text = JSON.stringify(manifest);
      expect(text).toContain(from);
      return { ...manifest, ...z.looseObject({}).parse(JSON.parse(text.replaceAll(from, to))) };
    });
    const complaints = dangling(mutated).map((each) => each.replace(/^\S+ \S+: /, ''));
    expect(complaints).toContainEqual(expect.stringMatching(complaint));
  });
});
