import { join } from 'node:path';
import ts from 'typescript';
import { z } from 'zod';
import { type Manifest } from '../../stack/kubernetes/manifests.js';

/** Where the schemas of a group of the API are, when not with those of Kubernetes itself. */
const packages: Readonly<Record<string, string>> = {
  'cert-manager.io': '@kubernetes-models/cert-manager',
  'external-secrets.io': '@kubernetes-models/external-secrets',
  'keda.sh': '@kubernetes-models/keda',
  'karpenter.k8s.aws': '@kubernetes-models/karpenter',
  'karpenter.sh': '@kubernetes-models/karpenter',
  'monitoring.coreos.com': '@kubernetes-models/prometheus-operator',
};

const moduleOf = ({ apiVersion, kind }: Manifest): string =>
  `${packages[apiVersion.split('/')[0] ?? ''] ?? 'kubernetes-models'}/${apiVersion}/${kind}`;

const titleOf = ({ kind, metadata }: Manifest): string => `${kind} ${metadata.name}`;

const model = z.custom<new (manifest: object) => { validate(): void }>(
  (value) => typeof value === 'function',
);

/** By the schemas of its kind: what is missing, of a wrong type or of a wrong form. */
const bySchema = async (manifest: Manifest): Promise<readonly string[]> => {
  const module = z.record(z.string(), z.unknown()).parse(await import(moduleOf(manifest)));
  const Model = model.parse(module[manifest.kind]);
  try {
    new Model(manifest).validate();
    return [];
  } catch (error) {
    return [`${titleOf(manifest)}: ${String(error)}`];
  }
};

/** By the types of its kind, for the schemas let fields pass that there are not. */
const byType = (manifests: readonly Manifest[]): readonly string[] => {
  const lines = manifests.map((manifest, index) => {
    const type = `import('${moduleOf(manifest)}').I${manifest.kind}`;
    return `export const of${index}: ${type} = ${JSON.stringify(manifest)};`;
  });
  const file = join(process.cwd(), 'test/kubernetes/rendered.ts');
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    strict: true,
    skipLibCheck: true,
    noEmit: true,
    types: [],
  };
  const host = ts.createCompilerHost(options);
  const disk = ts.createCompilerHost(options);
  host.fileExists = (name) => name === file || disk.fileExists(name);
  host.getSourceFile = (name, version) =>
    name === file ? ts.createSourceFile(name, lines.join('\n'), version) : disk.getSourceFile(name, version);
  const program = ts.createProgram([file], options, host);
  return program.getSemanticDiagnostics(program.getSourceFile(file)).map((diagnostic) => {
    const { line = 0 } = diagnostic.file?.getLineAndCharacterOfPosition(diagnostic.start ?? 0) ?? {};
    const manifest = manifests[line];
    const title = manifest === undefined ? '' : titleOf(manifest);
    return `${title}: ${ts.flattenDiagnosticMessageText(diagnostic.messageText, ' ')}`;
  });
};

/** What Kubernetes and the operators would refuse, or drop without a word. */
export const complaints = async (manifests: readonly Manifest[]): Promise<readonly string[]> => [
  ...(await Promise.all(manifests.map(bySchema))).flat(),
  ...byType(manifests),
];
